import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compile, compileAs, compileToModule, verifyCompiled } from './compile.js';
import { findRuntime, type Runtime } from './runtime.js';

const wasmedge =
  process.env.WASMEDGE ?? fileURLToPath(new URL('../../.runtime/wasmedge/bin/wasmedge', import.meta.url));

/** Exports `_start`, which does nothing: `nop` or twice `nop`. */
const program = (nops: 1 | 2) => {
  const body = [0, ...Array<number>(nops).fill(0x01), 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0],
    ...[7, 10, 1, 6, ...Buffer.from('_start'), 0, 0],
    ...[10, body.length + 2, 1, body.length, ...body],
  ]);
};

let runtime: Runtime;
let folder: string;
let wasm: string;
let so: string;

before(async () => {
  runtime = await findRuntime(wasmedge);
  folder = await mkdtemp(path.join(tmpdir(), 'compile-test-'));
  wasm = path.join(folder, 'f.wasm');
  so = path.join(folder, 'f.so');
});
after(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  for (const file of await readdir(folder)) await rm(path.join(folder, file));
  await writeFile(wasm, program(1));
});

test('a compiled function runs and is found to be right', async () => {
  await compile(runtime, wasm);
  await verifyCompiled(runtime, so);
  await promisify(execFile)(wasmedge, [...runtime.runArguments, so]);
  assert.deepEqual((await readdir(folder)).sort(), ['f.json', 'f.so', 'f.wasm']);
});

test('a module with the code of one that is compiled has what was made of it, and one with another code is refused', async () => {
  const compiled = path.join(folder, 'other.wasm');
  await compileToModule(runtime, wasm, compiled);
  await writeFile(wasm, Uint8Array.from([...program(1), 0, 5, 4, ...Buffer.from('mine')])); // A custom section.
  await compileAs(runtime, wasm, compiled);
  await verifyCompiled(runtime, so);
  await promisify(execFile)(wasmedge, [...runtime.runArguments, so]);
  await rm(so);
  await writeFile(wasm, program(2));
  await assert.rejects(compileAs(runtime, wasm, compiled), {
    code: 'ERR_COMPILE_FAILED',
    message: `${wasm} does not have the code of ${compiled}.`,
  });
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.endsWith('.so')),
    [],
  );
});

test('a module that does not compile is an error with what WasmEdge said, and leaves nothing behind', async () => {
  await writeFile(wasm, 'not a module');
  await assert.rejects(compile(runtime, wasm), {
    code: 'ERR_COMPILE_FAILED',
    message: /f\.wasm was not compiled: .*magic header/s,
  });
  assert.deepEqual(await readdir(folder), ['f.wasm']);
});

test('a compiler that is stopped leaves nothing behind', async () => {
  await assert.rejects(compile(runtime, wasm, { signal: AbortSignal.abort() }), {
    code: 'ERR_COMPILE_FAILED',
  });
  assert.deepEqual(await readdir(folder), ['f.wasm']);
});

test('a function that was never compiled is missing', async () => {
  await assert.rejects(verifyCompiled(runtime, so), {
    code: 'ERR_COMPILED_MISSING',
    message: /npm run setup/,
  });
});

test('a record that cannot be read counts as missing', async () => {
  await compile(runtime, wasm);
  await writeFile(path.join(folder, 'f.json'), '{"wasmSha256": 1}');
  await assert.rejects(verifyCompiled(runtime, so), { code: 'ERR_COMPILED_MISSING' });
});

test('another module makes the compiled function stale', async () => {
  await compile(runtime, wasm);
  await writeFile(wasm, program(2));
  await assert.rejects(verifyCompiled(runtime, so), {
    code: 'ERR_COMPILED_STALE',
    message: /wasmSha256 was \w+ and is \w+\. Run `npm run setup`/,
  });
});

test('a compiled function that was cut short is stale', async () => {
  await compile(runtime, wasm);
  await writeFile(so, (await readFile(so)).subarray(0, 1000));
  await assert.rejects(verifyCompiled(runtime, so), { code: 'ERR_COMPILED_STALE', message: /soSha256/ });
});

test('another WasmEdge makes the compiled function stale', async () => {
  await compile(runtime, wasm);
  await assert.rejects(verifyCompiled({ ...runtime, version: '0.99.0' }, so), {
    code: 'ERR_COMPILED_STALE',
    message: /runtimeVersion was [\d.]+ and is 0\.99\.0/,
  });
});

test('another processor makes the compiled function stale', async () => {
  await compile(runtime, wasm);
  const json = path.join(folder, 'f.json');
  const record = await readFile(json, 'utf8');
  await writeFile(json, record.replace(/"processor": ".*"/, '"processor": "an abacus"'));
  await assert.rejects(verifyCompiled(runtime, so), {
    code: 'ERR_COMPILED_STALE',
    message: /processor was an abacus and is /,
  });
});
