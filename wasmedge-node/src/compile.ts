import { execFile } from 'node:child_process';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import {
  COMPILE_ARGUMENTS,
  type CompiledFiles,
  type CompiledFor,
  CompileError,
  compiledFiles,
  describeCompiled,
  type Optimisation,
  readMadeFrom,
} from './compiled.js';
import { type CpuLevel, thisCpu } from './cpu.js';
import { withNativeCodeOf } from './native-code.js';
import type { Runtime } from './runtime.js';

const COMPILE_TIMEOUT_MS = 600_000;

const execute = promisify(execFile);

/** How a module is compiled. */
export interface CompileOptions {
  readonly optimisation?: Optimisation;
  /**
   * What the code may use. All that this processor offers without it, and with a WasmEdge that cannot be told: such as one that
   * has LLVM linked in.
   */
  readonly cpu?: CpuLevel | undefined;
  /** Ends the compiler. */
  readonly signal?: AbortSignal;
}

/**
 * Compiles `name.wasm` ahead of time to `name.so` beside it, and writes `name.json`. Neither is ever half-made.
 *
 * @returns what it was really compiled for
 * @throws CompileError `ERR_COMPILE_FAILED` with what WasmEdge said
 */
export async function compile(
  runtime: Runtime,
  wasm: string,
  options: CompileOptions = {},
): Promise<CompiledFor> {
  return putInPlace(runtime, compiledFiles(wasm), (aside) => runCompiler(runtime, wasm, aside, options));
}

/**
 * Compiles a module to a module that has its native code, for `compileAs`.
 *
 * @param compiled where to write it; its name ends in `.wasm`, and what it was made from is beside it in a `.json`
 * @throws CompileError `ERR_COMPILE_FAILED` with what WasmEdge said
 */
export async function compileToModule(
  runtime: Runtime,
  wasm: string,
  compiled: string,
  options: CompileOptions = {},
): Promise<CompiledFor> {
  const files = { ...compiledFiles(compiled), wasm, so: compiled };
  return putInPlace(runtime, files, (aside) => runCompiler(runtime, wasm, aside, options));
}

/**
 * Does what `compile` does in a moment, for a module whose code is that of one that has been compiled: only their data,
 * memories and globals differ.
 *
 * @param compiled what `compileToModule` has made of the other one, by the same WasmEdge
 * @throws CompileError `ERR_COMPILE_FAILED` if the code is not the same
 */
export async function compileAs(runtime: Runtime, wasm: string, compiled: string): Promise<CompiledFor> {
  return putInPlace(runtime, compiledFiles(wasm), async (aside) => {
    const whole = withNativeCodeOf(await readFile(compiled), await readFile(wasm));
    if (whole === undefined)
      throw new CompileError('ERR_COMPILE_FAILED', `${wasm} does not have the code of ${compiled}.`);
    await writeFile(aside, whole);
    const { cpu } = await readMadeFrom(compiledFiles(compiled).madeFrom);
    return { optimisation: 'full', cpu };
  });
}

async function runCompiler(
  runtime: Runtime,
  wasm: string,
  compiled: string,
  { optimisation = 'full', cpu, signal }: CompileOptions,
): Promise<CompiledFor> {
  const args = ['compile', ...COMPILE_ARGUMENTS[optimisation], wasm, compiled];
  const host = hostVariables(cpu);
  const env = { ...process.env, ...host };
  const options = { timeout: COMPILE_TIMEOUT_MS, env, ...(signal !== undefined && { signal }) };
  const { stderr } = await execute(runtime.wasmedge, args, options).catch(
    (cause: Error & { stdout?: string }) => {
      const said = cause.stdout?.trim() || cause.message;
      throw new CompileError('ERR_COMPILE_FAILED', `${wasm} was not compiled: ${said}`, { cause });
    },
  );
  const told = stderr.split('\n');
  const hasAsked = Object.entries(host).every(([name, value]) => told.includes(`${name}=${value}`));
  return { optimisation, cpu: cpu !== undefined && hasAsked ? cpu.name : (await thisCpu()).name };
}

/**
 * What tells WasmEdge which processor to compile for: set-up's preloads host-cpu/ where the first is set, which writes both to
 * stderr when the compiler asks for them.
 */
function hostVariables(cpu: CpuLevel | undefined): Record<string, string | undefined> {
  const features = cpu && Object.keys(cpu.features).map((feature) => `+${feature}`);
  return { WASMEDGE_HOST_CPU: cpu?.llvm, WASMEDGE_HOST_CPU_FEATURES: features?.join(',') };
}

/** Has compiled code made aside, and puts it in its place with the record of what it was made from. */
async function putInPlace(
  runtime: Runtime,
  { wasm, so, madeFrom }: CompiledFiles,
  make: (aside: string) => Promise<CompiledFor>,
): Promise<CompiledFor> {
  // WasmEdge tells what to write by the name's end.
  const aside = so.replace(/\.(\w+)$/, `.${process.pid}.$1`);
  try {
    const made = await make(aside);
    const record = await describeCompiled({ wasm, so: aside }, runtime, made);
    await writeFile(`${aside}.json`, `${JSON.stringify(record, undefined, 2)}\n`);
    await rename(aside, so);
    await rename(`${aside}.json`, madeFrom);
    return made;
  } finally {
    await Promise.all([aside, `${aside}.json`].map((file) => rm(file, { force: true })));
  }
}
