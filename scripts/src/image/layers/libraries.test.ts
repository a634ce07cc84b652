import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { librariesOf } from './libraries.js';

test('a program’s libraries are found, with its loader', async () => {
  const libraries = await librariesOf(process.execPath, 'ldd');
  const names = libraries.map((file) => file.replace(/^.*\//, '').replace(/[-.\d].*$/, ''));
  for (const name of ['libc', 'libstdc++', 'ld']) assert.ok(names.includes(name), `${name} in ${libraries}`);
  for (const library of libraries) assert.ok(existsSync(library), library);
});

test('what cannot be found of them ends it', async () => {
  await assert.rejects(librariesOf('/bin/none', 'ldd'), { code: 'ERR_SETUP' });
});
