import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { cCompiler } from './c-compiler.js';
import { run } from './command.js';
import { setUp } from './set-up.js';
import { madeProduct } from './step.js';

let folder: string;
let sdk: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'c-compiler-'));
  sdk = path.join(folder, "somebody's sdk");
  process.env.WASI_SDK_PATH = sdk;
});
afterEach(async () => {
  delete process.env.WASI_SDK_PATH;
  await rm(folder, { recursive: true });
});

/** A clang that says its version, and what it is called with. */
async function clang(version: string): Promise<void> {
  await mkdir(path.join(sdk, 'bin'), { recursive: true });
  const lines = `[ "$1" = --version ] && echo 'clang version ${version}-wasi-sdk' && exit\nprintf '%s\\n' "$@"`;
  await writeFile(path.join(sdk, 'bin/clang'), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
}

test('an installed wasi-sdk is used as it is, and looked at again when it has changed', async () => {
  await clang('20.1.8');
  assert.deepEqual(await setUp([cCompiler], folder), []);
  const what = await madeProduct(cCompiler, folder);
  assert.equal(what, `clang version 20.1.8-wasi-sdk of the wasi-sdk, installed at ${sdk}/bin/clang`);
  const said = await run(path.join(folder, 'c-compiler/cc'), ['-O2', 'a file.c']);
  assert.equal(said, '-O2\na file.c');

  await clang('21.1.0 or so');
  assert.equal(await madeProduct(cCompiler, folder), undefined);
});

test('a WASI_SDK_PATH without a clang is said, and nothing is brought in instead', async () => {
  const failures = await setUp([cCompiler], folder);
  assert.deepEqual(
    failures.map(({ message }) => message),
    [
      `c-compiler: WASI_SDK_PATH is ${sdk}, but there is no ${sdk}/bin/clang: correct it, or leave it out, and Zig's compiler is brought in.`,
    ],
  );
  assert.equal(await madeProduct(cCompiler, folder).catch(() => 'no answer'), 'no answer');
});
