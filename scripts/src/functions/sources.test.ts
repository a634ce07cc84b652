import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Language, readManifest } from '@app/function-manifest';
import { root } from '../paths.js';
import { builderOf } from './builders/index.js';

/** Copies a template, and names what decides on its module: relative to the folder that it lies in. */
async function sourcesOf(t: TestContext, language: Language, files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(path.join(tmpdir(), 'sources-'));
  t.after(() => rm(folder, { recursive: true }));
  await cp(path.join(root, 'templates', language), path.join(folder, 'f'), { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  }
  const described = await readManifest(path.join(folder, 'f'));
  assert.equal(described.build, language);
  const sources = await builderOf(language).sources(described);
  return sources.map((file) => path.relative(folder, file)).sort();
}

test('a Go function is made from its files and from the modules beside it that it names', async (t) => {
  const sources = await sourcesOf(t, 'go', {
    'f/go.mod': 'module function\nreplace example.com/kit => ../kit\n',
    'f/words/word.go': 'package words\n',
    'kit/go.mod': 'module example.com/kit\n',
    'kit/kit.go': 'package kit\n',
    'other/other.go': 'package other\n',
  });
  const expected = ['f/README.md', 'f/go.mod', 'f/main.go', 'f/words/word.go', 'kit/go.mod', 'kit/kit.go'];
  assert.deepEqual(sources, expected);
});

test('a C function is made from all of its files, but neither from its cases nor from what is built', async (t) => {
  const sources = await sourcesOf(t, 'c', {
    'f/words/word.h': '',
    'f/cases/case.c': '',
    'f/build/made.c': '',
  });
  const own = sources.filter((file) => file.startsWith('f/'));
  assert.deepEqual(own, ['f/README.md', 'f/main.c', 'f/words/word.h']);
});
