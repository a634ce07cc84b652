import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { components } from './fixtures/run-file.js';
import { makeLaunchFolder } from './launch-folder.js';

test('each of two Configurations with the same file name is kept', async (t) => {
  const sources = await mkdtemp(path.join(tmpdir(), 'launch-test-'));
  t.after(() => rm(sources, { recursive: true, force: true }));
  const content = await readFile(path.join(components, 'config.yaml'), 'utf8');
  const files = ['first', 'second'].map((name) => path.join(sources, name, 'config.yaml'));
  for (const file of files) {
    await mkdir(path.dirname(file));
    await writeFile(file, `${content}source: ${file}\n`);
  }
  const { folder, configurations } = await makeLaunchFolder(files);
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const file of files) {
    const used = configurations.get(file) ?? '';
    assert.equal(path.relative(folder, used).startsWith('..'), false, used);
    const written = await readFile(used, 'utf8');
    assert.ok(written.includes(`source: ${file}`), written);
    assert.ok(written.includes(`connectionString: ${path.join(folder, 'names.db')}`), written);
  }
});
