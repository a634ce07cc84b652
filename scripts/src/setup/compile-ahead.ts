import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import type { Optimisation, Runtime } from '@app/wasmedge-node';
import { parts } from '../paths.js';
import { type CpuTarget, cpuTarget } from './cpu.js';
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
  const cpu = await cpuTarget();
  if (await keepPrevious(runtime, name, work, optimisation, cpu)) return;
  const module = path.join(work.product, `${name}.wasm`);
  if (sameCode !== undefined) {
    await compileAs(runtime, module, sameCode);
    return;
  }
  work.report(`compiling ${name} ahead of time`);
  await compile(runtime, module, { optimisation, cpu: cpu.level, signal: work.signal });
}

/** What was compiled from the same module by the same WasmEdge for the same processors need not be compiled again. */
async function keepPrevious(
  runtime: Runtime,
  name: string,
  { previous, product }: Work,
  optimisation: Optimisation,
  cpu: CpuTarget,
): Promise<boolean> {
  const { verifyCompiled } = await import('@app/wasmedge-node');
  try {
    for (const file of [`${name}.so`, `${name}.json`]) {
      await copyFile(path.join(previous, file), path.join(product, file));
    }
    const made = await verifyCompiled(runtime, path.join(product, `${name}.so`));
    return made.optimisation === optimisation && made.cpu === cpu.name;
  } catch {
    return false;
  }
}
