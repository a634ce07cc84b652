import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { compile } from './compile.js';
import { CPU_LEVELS } from './cpu.js';
import type { Runtime } from './runtime.js';

const execute = promisify(execFile);
const RUN_TIMEOUT_MS = 10_000;

/** `(module (func (export "_start") nop))`: a program of two instructions. */
const PROGRAM = Buffer.from(
  [
    '0061736d 01000000', // magic, version
    '01 04 01 60 00 00', // type section: one function type, no parameters and no results
    '03 02 01 00', // function section: one function of that type
    '07 0a 01 06 5f7374617274 00 00', // export section: function 0 as "_start"
    '0a 05 01 03 00 01 0b', // code section: one body without locals: nop, end
  ]
    .join('')
    .replaceAll(' ', ''),
  'hex',
);

/**
 * Tells whether a runtime really runs compiled code as such: a program of two instructions, which may use gas for
 * one, ends well only then, because compiled code does not count gas (https://wasmedge.org/docs/start/build-and-run/aot)
 * and the interpreter does.
 *
 * @throws CompileError `ERR_COMPILE_FAILED` if the runtime has no compiler
 */
export async function isAotOn(runtime: Runtime): Promise<boolean> {
  return withProgram(async (wasm) => {
    await compile(runtime, wasm);
    const args = [...runtime.runArguments, '--gas-limit', '1', wasm.replace(/\.wasm$/, '.so')];
    return await execute(runtime.wasmedge, args, { timeout: RUN_TIMEOUT_MS }).then(
      () => true,
      () => false,
    );
  });
}

/**
 * Tells whether a runtime's compiler can be told to compile for a level, as `compile` does: it has to ask LLVM by the functions
 * that are replaced.
 *
 * @throws CompileError `ERR_COMPILE_FAILED` if the runtime has no compiler
 */
export async function compilesForLevels(runtime: Runtime): Promise<boolean> {
  const level = CPU_LEVELS.find((level) => level.arch === arch());
  if (level === undefined) return false;
  return withProgram(async (wasm) => (await compile(runtime, wasm, { cpu: level })).cpu === level.name);
}

async function withProgram(ask: (wasm: string) => Promise<boolean>): Promise<boolean> {
  const folder = await mkdtemp(path.join(tmpdir(), 'wasmedge-aot-'));
  try {
    const wasm = path.join(folder, 'probe.wasm');
    await writeFile(wasm, PROGRAM);
    return await ask(wasm);
  } finally {
    await rm(folder, { recursive: true });
  }
}
