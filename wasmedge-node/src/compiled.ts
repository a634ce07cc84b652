import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { sha256 } from './checksums.js';
import { type Cpu, cpuLevel, highestLevel, lackingFor, thisCpu } from './cpu.js';
import type { Runtime } from './runtime.js';

/**
 * What is wrong with a compiled function.
 *
 * - `ERR_COMPILE_FAILED`: WasmEdge did not compile the module.
 * - `ERR_COMPILED_MISSING`: there is no such file, or nothing that says what it was made from.
 * - `ERR_COMPILED_STALE`: it was made from another module, or by another WasmEdge.
 * - `ERR_COMPILED_CPU`: it is the right one, but for a processor that has more than this one.
 */
export type CompileErrorCode =
  | 'ERR_COMPILE_FAILED'
  | 'ERR_COMPILED_MISSING'
  | 'ERR_COMPILED_STALE'
  | 'ERR_COMPILED_CPU';

/** A function is not compiled, or not for this machine. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
  readonly code: CompileErrorCode;

  constructor(code: CompileErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** How much the compiler does for fast code: all that it can, or next to nothing, in a tenth of the time. */
export type Optimisation = 'full' | 'light';

export const COMPILE_ARGUMENTS: Readonly<Record<Optimisation, readonly string[]>> = {
  full: [],
  light: ['--optimize', '0'],
};

/** Of compiled code: how it was made, and what it runs on. */
export interface CompiledFor {
  readonly optimisation: Optimisation;
  /** The name of a level, or of the one kind of processor. */
  readonly cpu: string;
}

/** What of a record is compared as it is. */
const Source = z.object({
  wasmSha256: z.string(),
  soSha256: z.string(),
  runtimeVersion: z.string(),
  compileArguments: z.array(z.string()),
});
const MadeFrom = Source.extend({ cpu: z.string() });
type MadeFrom = z.output<typeof MadeFrom>;

/** The files of a compiled function: `name.wasm`, `name.so` and `name.json`, which says what the `.so` was made from. */
export interface CompiledFiles {
  readonly wasm: string;
  readonly so: string;
  readonly madeFrom: string;
}

export function compiledFiles(file: string): CompiledFiles {
  const stem = file.replace(/\.(wasm|so)$/, '');
  return { wasm: `${stem}.wasm`, so: `${stem}.so`, madeFrom: `${stem}.json` };
}

/** What a compiled file is made from, for its `name.json`. */
export async function describeCompiled(
  { wasm, so }: Omit<CompiledFiles, 'madeFrom'>,
  runtime: Runtime,
  { optimisation, cpu }: CompiledFor,
): Promise<MadeFrom> {
  return {
    wasmSha256: await sha256(wasm),
    soSha256: await sha256(so),
    runtimeVersion: runtime.version,
    cpu,
    compileArguments: [...COMPILE_ARGUMENTS[optimisation]],
  };
}

/** What the `name.json` of a compiled file says. */
export async function readMadeFrom(file: string): Promise<MadeFrom> {
  return MadeFrom.parse(JSON.parse(await readFile(file, 'utf8')));
}

/**
 * Checks that a compiled function was made from the module beside it, by this WasmEdge, and for no more than this processor has.
 * Without this check a wrong one ends in a silent crash of WasmEdge.
 *
 * @param so path of the `.so`
 * @param cpu what it is to run on
 * @throws CompileError `ERR_COMPILED_MISSING`, `ERR_COMPILED_STALE`; `ERR_COMPILED_CPU` if nothing else is wrong
 */
export async function verifyCompiled(runtime: Runtime, so: string, cpu?: Cpu): Promise<CompiledFor> {
  const files = compiledFiles(so);
  const { then, now, optimisation } = await bothRecords(files, runtime).catch((cause: Error) => {
    throw new CompileError(
      'ERR_COMPILED_MISSING',
      `${so} is not a function that set-up has compiled (${cause.message}): run \`npm run setup\`.`,
      { cause },
    );
  });
  const changed = Source.keyof().options.filter((key) => String(then[key]) !== String(now[key]));
  if (changed.length > 0) {
    const differences = changed.map((key) => `${key} was ${then[key]} and is ${now[key]}`);
    throw new CompileError(
      'ERR_COMPILED_STALE',
      `${so} was not compiled for this: ${differences.join('; ')}. Run \`npm run setup\`.`,
    );
  }
  checkCpu(so, then.cpu, cpu ?? (await thisCpu()));
  return { optimisation, cpu: then.cpu };
}

/** What a function was made from, as its compiler wrote it down and as it would be now. */
async function bothRecords(
  files: CompiledFiles,
  runtime: Runtime,
): Promise<{ then: MadeFrom; now: MadeFrom; optimisation: Optimisation }> {
  const then = await readMadeFrom(files.madeFrom);
  const optimisation = String(then.compileArguments) === String(COMPILE_ARGUMENTS.light) ? 'light' : 'full';
  return { then, now: await describeCompiled(files, runtime, { optimisation, cpu: then.cpu }), optimisation };
}

/** An instruction that a processor lacks would end the function, with no word of why. */
function checkCpu(so: string, compiledFor: string, cpu: Cpu): void {
  const level = cpuLevel(compiledFor);
  const lacking = level === undefined ? [] : lackingFor(level, cpu);
  if (level === undefined ? compiledFor === cpu.name : lacking.length === 0) return;
  const problem =
    level === undefined
      ? `the processor ${compiledFor} alone, and this one is ${cpu.name}`
      : `${level.name}, and this processor, ${cpu.name}, lacks ${lacking.join(', ')}`;
  throw new CompileError(
    'ERR_COMPILED_CPU',
    `${so} was compiled for ${problem}. Compile it for less where it is built (\`npm run setup -- --cpu ${highestLevel(cpu)?.name ?? 'native'}\`), or set COMPILE=start: the service compiles it anew when it starts.`,
  );
}
