import { execFile } from 'node:child_process';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { sha256 } from './checksums.js';
import { withNativeCodeOf } from './native-code.js';
import { processorName } from './processor.js';
import type { Runtime } from './runtime.js';

/**
 * What is wrong with a compiled function.
 *
 * - `ERR_COMPILE_FAILED`: WasmEdge did not compile the module.
 * - `ERR_COMPILED_MISSING`: there is no such file, or nothing that says what it was made from.
 * - `ERR_COMPILED_STALE`: it was made from another module, by another WasmEdge or on another processor.
 */
export type CompileErrorCode = 'ERR_COMPILE_FAILED' | 'ERR_COMPILED_MISSING' | 'ERR_COMPILED_STALE';

/** A function is not compiled, or not for this machine. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
  readonly code: CompileErrorCode;

  constructor(code: CompileErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const MadeFrom = z.object({
  wasmSha256: z.string(),
  soSha256: z.string(),
  runtimeVersion: z.string(),
  compileArguments: z.array(z.string()),
  processor: z.string(),
});
type MadeFrom = z.output<typeof MadeFrom>;

const COMPILE_TIMEOUT_MS = 600_000;

/** How much the compiler does for fast code: all that it can, or next to nothing, in a tenth of the time. */
export type Optimisation = 'full' | 'light';

const COMPILE_ARGUMENTS: Readonly<Record<Optimisation, readonly string[]>> = {
  full: [],
  light: ['--optimize', '0'],
};

const execute = promisify(execFile);

/** The files of a compiled function: `name.wasm`, `name.so` and `name.json`, which says what the `.so` was made from. */
interface CompiledFiles {
  readonly wasm: string;
  readonly so: string;
  readonly madeFrom: string;
}

function compiledFiles(file: string): CompiledFiles {
  const stem = file.replace(/\.(wasm|so)$/, '');
  return { wasm: `${stem}.wasm`, so: `${stem}.so`, madeFrom: `${stem}.json` };
}

/**
 * Compiles `name.wasm` ahead of time to `name.so` beside it, and writes `name.json`. Neither is ever half-made.
 *
 * @param signal ends the compiler
 * @throws CompileError `ERR_COMPILE_FAILED` with what WasmEdge said
 */
export async function compile(
  runtime: Runtime,
  wasm: string,
  { optimisation = 'full', signal }: { optimisation?: Optimisation; signal?: AbortSignal } = {},
): Promise<void> {
  const make = (aside: string) => runCompiler(runtime, wasm, aside, { optimisation, signal });
  await putBeside(runtime, wasm, optimisation, make);
}

/**
 * Compiles a module to a module that has its native code, for `compileAs`.
 *
 * @param compiled where to write it; its name ends in `.wasm`
 * @param signal ends the compiler
 * @throws CompileError `ERR_COMPILE_FAILED` with what WasmEdge said
 */
export async function compileToModule(
  runtime: Runtime,
  wasm: string,
  compiled: string,
  signal?: AbortSignal,
): Promise<void> {
  await runCompiler(runtime, wasm, compiled, { optimisation: 'full', signal });
}

/**
 * Does what `compile` does in a moment, for a module whose code is that of one that has been compiled: only their data,
 * memories and globals differ.
 *
 * @param compiled what `compileToModule` has made of the other one, by the same WasmEdge on the same processor
 * @throws CompileError `ERR_COMPILE_FAILED` if the code is not the same
 */
export async function compileAs(runtime: Runtime, wasm: string, compiled: string): Promise<void> {
  await putBeside(runtime, wasm, 'full', async (aside) => {
    const whole = withNativeCodeOf(await readFile(compiled), await readFile(wasm));
    if (whole === undefined)
      throw new CompileError('ERR_COMPILE_FAILED', `${wasm} does not have the code of ${compiled}.`);
    await writeFile(aside, whole);
  });
}

async function runCompiler(
  runtime: Runtime,
  wasm: string,
  compiled: string,
  { optimisation, signal }: { optimisation: Optimisation; signal: AbortSignal | undefined },
): Promise<void> {
  const args = ['compile', ...COMPILE_ARGUMENTS[optimisation], wasm, compiled];
  const options = { timeout: COMPILE_TIMEOUT_MS, ...(signal !== undefined && { signal }) };
  await execute(runtime.wasmedge, args, options).catch((cause: Error & { stdout?: string }) => {
    const said = cause.stdout?.trim() || cause.message;
    throw new CompileError('ERR_COMPILE_FAILED', `${wasm} was not compiled: ${said}`, { cause });
  });
}

/** Has the `.so` of a module made aside, and puts it in its place with the record of both. */
async function putBeside(
  runtime: Runtime,
  wasm: string,
  optimisation: Optimisation,
  make: (aside: string) => Promise<void>,
): Promise<void> {
  const files = compiledFiles(wasm);
  const aside = `${files.so}.${process.pid}.so`;
  try {
    await make(aside);
    const made = await record(files.wasm, aside, runtime, optimisation);
    await writeFile(`${aside}.json`, `${JSON.stringify(made, undefined, 2)}\n`);
    await rename(aside, files.so);
    await rename(`${aside}.json`, files.madeFrom);
  } finally {
    await Promise.all([aside, `${aside}.json`].map((file) => rm(file, { force: true })));
  }
}

/**
 * Checks that a compiled function was made from the module beside it, by this WasmEdge, on this kind of processor.
 * Without this check a wrong one ends in a silent crash of WasmEdge.
 *
 * @param so path of the `.so`
 * @returns how much its code is optimised
 * @throws CompileError `ERR_COMPILED_MISSING`, `ERR_COMPILED_STALE`
 */
export async function verifyCompiled(runtime: Runtime, so: string): Promise<Optimisation> {
  const files = compiledFiles(so);
  const { then, now, optimisation } = await bothRecords(files, runtime).catch((cause: Error) => {
    throw new CompileError(
      'ERR_COMPILED_MISSING',
      `${so} is not a function that set-up has compiled (${cause.message}): run \`npm run setup\`.`,
      { cause },
    );
  });
  const changed = MadeFrom.keyof().options.filter((key) => String(then[key]) !== String(now[key]));
  if (changed.length === 0) return optimisation;
  const differences = changed.map((key) => `${key} was ${then[key]} and is ${now[key]}`);
  throw new CompileError(
    'ERR_COMPILED_STALE',
    `${so} was not compiled for this: ${differences.join('; ')}. Run \`npm run setup\`.`,
  );
}

/** What a function was made from, as its compiler wrote it down and as it would be now. */
async function bothRecords(
  files: CompiledFiles,
  runtime: Runtime,
): Promise<{ then: MadeFrom; now: MadeFrom; optimisation: Optimisation }> {
  const then = MadeFrom.parse(JSON.parse(await readFile(files.madeFrom, 'utf8')));
  const optimisation = String(then.compileArguments) === String(COMPILE_ARGUMENTS.light) ? 'light' : 'full';
  return { then, now: await record(files.wasm, files.so, runtime, optimisation), optimisation };
}

async function record(
  wasm: string,
  so: string,
  runtime: Runtime,
  optimisation: Optimisation,
): Promise<MadeFrom> {
  return {
    wasmSha256: await sha256(wasm),
    soSha256: await sha256(so),
    runtimeVersion: runtime.version,
    compileArguments: [...COMPILE_ARGUMENTS[optimisation]],
    processor: await processorName(),
  };
}
