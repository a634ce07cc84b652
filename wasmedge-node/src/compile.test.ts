import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compile, compileAs, compileToModule } from './compile.js';
import { verifyCompiled } from './compiled.js';
import { CPU_LEVELS, type Cpu, thisCpu } from './cpu.js';
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

/** Has the record say that the function was compiled for something else. */
async function claim(cpu: string): Promise<void> {
  const json = path.join(folder, 'f.json');
  const record = await readFile(json, 'utf8');
  await writeFile(json, record.replace(/"cpu": ".*"/, `"cpu": "${cpu}"`));
}

test('what is compiled for this processor alone says so, and runs on no other', async () => {
  const cpu = await thisCpu();
  assert.deepEqual(await compile(runtime, wasm), { optimisation: 'full', cpu: cpu.name });
  assert.deepEqual(await verifyCompiled(runtime, so), { optimisation: 'full', cpu: cpu.name });
  await claim('an abacus');
  await assert.rejects(verifyCompiled(runtime, so), {
    code: 'ERR_COMPILED_CPU',
    message: /compiled for the processor an abacus alone, and this one is .*COMPILE=start/,
  });
});

const [lowest] = CPU_LEVELS.filter((level) => level.arch === arch());
const hasLevel = { skip: lowest === undefined && 'there is no level of this architecture' };
const levelled = () => lowest ?? assert.fail();

test(
  'what is compiled for a level says so, runs, and is right on every processor that has it',
  hasLevel,
  async () => {
    const level = levelled();
    const made = { optimisation: 'light', cpu: level.name };
    assert.deepEqual(await compile(runtime, wasm, { cpu: level, optimisation: 'light' }), made);
    const other: Cpu = {
      ...(await thisCpu()),
      name: 'another',
      flags: new Set(Object.values(level.features)),
    };
    assert.deepEqual(await verifyCompiled(runtime, so, other), made);
    await promisify(execFile)(wasmedge, [...runtime.runArguments, so]);
  },
);

test(
  'a processor that lacks some of the level is refused the function, with what it lacks and what to do',
  hasLevel,
  async () => {
    const level = levelled();
    await compile(runtime, wasm, { cpu: level });
    const [missing = '', ...flags] = Object.values(level.features);
    const other: Cpu = { ...(await thisCpu()), name: 'another', flags: new Set(flags) };
    await assert.rejects(verifyCompiled(runtime, so, other), {
      code: 'ERR_COMPILED_CPU',
      message: `${so} was compiled for ${level.name}, and this processor, another, lacks ${missing}. Compile it for less where it is built (\`npm run setup -- --cpu native\`), or set COMPILE=start: the service compiles it anew when it starts.`,
    });
    // What is wrong beside that comes first: it would not help to compile it anew.
    await writeFile(wasm, program(2));
    await assert.rejects(verifyCompiled(runtime, so, other), { code: 'ERR_COMPILED_STALE' });
  },
);

test('a WasmEdge in a folder whose name has blanks is told what to compile for, too', hasLevel, async () => {
  const place = path.join(folder, 'my WasmEdge');
  await symlink(path.resolve(wasmedge, '../..'), place);
  const { cpu } = await compile({ ...runtime, wasmedge: path.join(place, 'bin/wasmedge') }, wasm, {
    cpu: lowest,
  });
  assert.equal(cpu, lowest?.name);
});

test('a level of another architecture is refused', async () => {
  await compile(runtime, wasm);
  const foreign = CPU_LEVELS.find((level) => level.arch !== arch()) ?? assert.fail();
  await claim(foreign.name);
  await assert.rejects(verifyCompiled(runtime, so), {
    code: 'ERR_COMPILED_CPU',
    message: new RegExp(`lacks ${foreign.arch}\\.`),
  });
});

test(
  'a WasmEdge that does not ask what to compile for is not believed to have done so',
  hasLevel,
  async () => {
    const deaf = path.join(folder, 'deaf');
    await writeFile(deaf, `#!/bin/sh\nWASMEDGE_HOST_CPU= exec ${wasmedge} "$@"\n`, { mode: 0o755 });
    const { cpu } = await compile({ ...runtime, wasmedge: deaf }, wasm, { cpu: lowest });
    assert.equal(cpu, (await thisCpu()).name);
    assert.equal((await verifyCompiled(runtime, so)).cpu, cpu);
  },
);

test('the code that a module takes over is for what the other was compiled for', hasLevel, async () => {
  const level = levelled();
  const compiled = path.join(folder, 'other.wasm');
  await compileToModule(runtime, wasm, compiled, { cpu: level });
  assert.deepEqual(await compileAs(runtime, wasm, compiled), { optimisation: 'full', cpu: level.name });
  assert.equal((await verifyCompiled(runtime, so)).cpu, level.name);
});
