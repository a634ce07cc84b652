import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CompileError, checkImports, compile, type Runtime } from '@app/wasmedge-node';
import type { Logger } from 'pino';
import type { FunctionConfig } from './settings.js';

/** Compiled code that has been verified. */
interface FunctionCode<Verified> {
  readonly file: string;
  readonly verified: Verified;
  /** Gives back the folder of what was compiled anew. */
  remove(): Promise<void>;
}

/**
 * The code of a function; with `COMPILE=start`, what was compiled for a processor that has more than this one is compiled anew for
 * this one, into a folder below `TMPDIR` that is this service's own.
 *
 * @param file what set-up has compiled
 * @param verify checks a compiled file; what was compiled anew, too
 * @throws CompileError, or what else `verify` throws
 */
export async function openCode<Verified>(
  file: string,
  verify: (file: string) => Promise<Verified>,
  { config, runtime, logger }: { config: FunctionConfig; runtime: Runtime; logger: Logger },
): Promise<FunctionCode<Verified>> {
  try {
    return { file, verified: await verify(file), remove: async () => {} };
  } catch (error) {
    const isOfCpu = error instanceof CompileError && error.code === 'ERR_COMPILED_CPU';
    if (!isOfCpu || config.COMPILE === 'never') throw error;
    logger.warn({ file, why: error.message }, 'compiling the function anew for this processor');
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'function-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const module = path.join(folder, path.basename(file).replace(/\.so$/, '.wasm'));
    const compiled = module.replace(/\.wasm$/, '.so');
    await copyFile(file.replace(/\.so$/, '.wasm'), module);
    await checkImports(await readFile(module), module);
    await inTurn((signal) => compile(runtime, module, { signal }));
    return { file: compiled, verified: await verify(compiled), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** Aborts when the service is told to stop, of which nothing else may know yet: nobody would end the compiler. */
const stop = new AbortController();
let last: Promise<unknown> = Promise.resolve();
/** Those that have not ended, or not begun. */
let jobs = 0;

/**
 * One after the other: each takes some 250 MB.
 *
 * @throws AbortError for each that has not begun when the service is told to stop
 */
async function inTurn<T>(job: (signal: AbortSignal) => Promise<T>): Promise<T> {
  // Before who ends the process.
  if (jobs === 0) for (const signal of SIGNALS) process.prependListener(signal, abort);
  jobs += 1;
  const mine = last.then(() => {
    stop.signal.throwIfAborted();
    return job(stop.signal);
  });
  last = mine.catch(() => {});
  try {
    return await mine;
  } finally {
    jobs -= 1;
    if (jobs === 0) forget();
  }
}

function abort(): void {
  stop.abort();
  forget();
}

function forget(): void {
  for (const signal of SIGNALS) process.off(signal, abort);
}
