import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { folders } from './mounts.js';

/** Codes of Node's own errors that are asked for. */
const OF_NODE = new Set(['ERR_HTTP_REQUEST_TIMEOUT']);

const text = await readFile(join(folders.repository, 'docs/errors.md'), 'utf8');
const documented = new Set([...text.matchAll(/^\| `(ERR_[A-Z_]+)` \|/gm)].map(([, code]) => code ?? ''));

/** The codes in the sources of all workspaces but the tests. */
async function codesInSources(): Promise<Set<string>> {
  const { workspaces } = JSON.parse(await readFile(join(folders.repository, 'package.json'), 'utf8'));
  const codes = new Set<string>();
  for (const workspace of workspaces) {
    if (workspace === 'test') continue;
    const folder = join(folders.repository, workspace, 'src');
    const names = await readdir(folder, { recursive: true });
    for (const name of names.filter((name) => /(?<!\.test)\.ts$/.test(name) && !name.includes('fixtures/'))) {
      const source = await readFile(join(folder, name), 'utf8');
      for (const [code] of source.matchAll(/\bERR_[A-Z]+(_[A-Z]+)*\b/g))
        if (!OF_NODE.has(code)) codes.add(code);
    }
  }
  return codes;
}

test('docs/errors.md has each code of the sources, and no other', async () => {
  const codes = await codesInSources();
  assert.ok(codes.size > 50, `${codes.size} codes were found`);
  assert.deepEqual([...documented].sort(), [...codes].sort());
});
