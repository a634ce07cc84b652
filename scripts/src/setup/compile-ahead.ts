import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import type { Optimisation, Runtime } from '@app/wasmedge-node';
import { parts } from '../paths.js';
import type { Work } from './step.js';

/**
 * Compiles `name.wasm` of a product to `name.so` and `name.json`, unless the previous product has them.
 *
 * @param options `sameCode`: a compiled module that has the same code; what is made of it need not be made again
 */
export async function compileAhead(
  name: string,
  work: Work,
  { optimisation = 'full', sameCode }: { optimisation?: Optimisation; sameCode?: string | undefined } = {},
): Promise<void> {
  const { compile, compileAs, findRuntime } = await import('@app/wasmedge-node');
  const runtime = await findRuntime(parts.wasmedge);
  if (await keepPrevious(runtime, name, work, optimisation)) return;
  const module = path.join(work.product, `${name}.wasm`);
  if (sameCode !== undefined) return compileAs(runtime, module, sameCode);
  work.report(`compiling ${name} ahead of time`);
  await compile(runtime, module, { optimisation, signal: work.signal });
}

/** What was compiled from the same module by the same WasmEdge on the same processor need not be compiled again. */
async function keepPrevious(
  runtime: Runtime,
  name: string,
  { previous, product }: Work,
  optimisation: Optimisation,
): Promise<boolean> {
  const { verifyCompiled } = await import('@app/wasmedge-node');
  try {
    for (const file of [`${name}.so`, `${name}.json`]) {
      await copyFile(path.join(previous, file), path.join(product, file));
    }
    return (await verifyCompiled(runtime, path.join(product, `${name}.so`))) === optimisation;
  } catch {
    return false;
  }
}
