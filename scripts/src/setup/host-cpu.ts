import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../paths.js';
import { run } from './command.js';
import { contentHash } from './fingerprints.js';

const SOURCE = path.join(root, 'wasmedge-node/host-cpu/host-cpu.c');

/** Below the product of WasmEdge's step. */
const FOLDER = 'host-cpu';

/** By its name alone: a path may have what parts a list. */
export const HOST_CPU_LIBRARY = 'libhost-cpu.so';

/** What the library is made from, as an input of the step. */
export const hostCpuSource = () => contentHash(SOURCE);

/** Makes the library that tells the compiler for which processor, where WasmEdge's starter looks for it: docs/decisions/cpu-levels.md. */
export async function makeHostCpu(product: string, signal: AbortSignal): Promise<void> {
  const folder = path.join(product, FOLDER);
  await mkdir(folder);
  const args = ['-shared', '-fPIC', '-O2', '-Wall', '-o', path.join(folder, HOST_CPU_LIBRARY), SOURCE];
  await run('cc', args, { signal });
}

/**
 * Takes the library away again where the compiler does not ask by what it replaces: then functions are compiled for this processor.
 *
 * @returns a few words where that is so
 */
export async function checkHostCpu(product: string): Promise<string> {
  const { compilesForLevels, findRuntime } = await import('@app/wasmedge-node');
  if (await compilesForLevels(await findRuntime(path.join(product, 'bin/wasmedge')))) return '';
  await rm(path.join(product, FOLDER), { recursive: true });
  return '; it compiles for this kind of processor alone';
}
