import assert from 'node:assert/strict';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { parts } from '../built-parts.js';
import { workshop } from '../workshop.js';

test('list says of each function what it is, and why it is not built', async (t) => {
  const { functions, run } = await workshop(t);
  for (const name of ['fresh', 'stale', 'wrong', 'whole']) {
    await mkdir(path.join(functions, name));
    await cp(parts.guest('plain', 'wasm'), path.join(functions, name, 'f.wasm'));
    await writeFile(
      path.join(functions, name, 'function.yaml'),
      name === 'wrong' ? 'bild: {}\n' : 'build: {wasm: f.wasm}\nlimits: {input: 512Ki}\n',
    );
    if (name === 'fresh' || name === 'wrong') continue;
    const checked = await run('check', name);
    assert.equal(checked.exitCode, 0, checked.all);
  }
  await cp(parts.guest('filter', 'wasm'), path.join(functions, 'stale/f.wasm'));
  const { stdout } = await run('list');
  assert.match(stdout, /^NAME {3}KIND {4}APP {8}BUILD {3}LIMITS {24}STATE\n/);
  for (const line of [
    /^fresh {2}\? {7}functions {2}f\.wasm {2}256 MiB, 30 s, input 0\.5 MiB {2}not built yet, or it failed: npm run check -- fresh$/m,
    /^stale {2}\? {7}functions {2}f\.wasm {2}256 MiB, 30 s, input 0\.5 MiB {2}changed since it was built: npm run setup$/m,
    /^whole {2}filter {2}functions {2}f\.wasm {2}256 MiB, 30 s, input 0\.5 MiB {2}built$/m,
    /^wrong {2}\? {7}\? {10}\? {7}\? {29}.*wrong\/function\.yaml:1: build is missing/m,
  ])
    assert.match(stdout, line);
  const listed = JSON.parse((await run('list', '--json')).stdout);
  assert.deepEqual(listed[3], {
    name: 'wrong',
    ...{ kind: null, app: null, build: null, limits: null, built: false },
    problem: listed[3].problem,
  });
  assert.deepEqual(listed[2], {
    ...{ name: 'whole', kind: 'filter', app: 'functions', build: 'f.wasm', built: true, problem: null },
    limits: {
      ...{ memoryPages: 4096, timeoutMs: 30_000, inputBytes: 512 * 1024 },
      ...{ outputBytes: 64 * 1024 ** 2, pixels: 50_000_000 },
    },
  });
});
