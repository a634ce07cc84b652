import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { oldFiles, writeFiles } from './files.js';

test('files are written as they are to be, and those of an app that is gone are removed; yours stay', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'kubernetes-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const before = new Map([
    ['base/one.yaml', '1\n'],
    ['base/gone.yaml', '2\n'],
    ['overlays/local/kustomization.yaml', '3\n'],
  ]);
  assert.deepEqual(await oldFiles(folder, before), [...before.keys()].sort());
  await writeFiles(folder, before);
  assert.deepEqual(await oldFiles(folder, before), []);
  await writeFile(path.join(folder, 'kustomization.yaml'), 'yours\n');

  const now = new Map([...before].filter(([file]) => file !== 'base/gone.yaml')).set(
    'base/one.yaml',
    'other\n',
  );
  assert.deepEqual(await oldFiles(folder, now), ['base/gone.yaml', 'base/one.yaml']);
  await writeFiles(folder, now);
  assert.deepEqual(await oldFiles(folder, now), []);
  assert.deepEqual(await readdir(path.join(folder, 'base')), ['one.yaml']);
  assert.equal(await readFile(path.join(folder, 'kustomization.yaml'), 'utf8'), 'yours\n');
});
