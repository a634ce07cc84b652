import { copyFile, readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Runtime } from '@app/wasmedge-node';
import { processorName } from '@app/wasmedge-node/processor';
import { parts, runtimeFolder } from '../paths.js';
import { cargoModules } from './modules.js';
import type { Step, Work } from './step.js';
import { wasmedge } from './wasmedge.js';

/** The modules of the functions. Their build need not wait for WasmEdge. */
export const functionModules = cargoModules({ name: 'function-modules', sources: 'functions', seconds: 65 });

/** The functions: their modules, with the imports checked, compiled ahead of time. */
export const functions = compiled({
  name: 'functions',
  modules: functionModules,
  restricted: true,
  seconds: 35,
});

/** The modules of the programs that the tests run. */
export const testModules = cargoModules({ name: 'test-modules', sources: 'test/guests', seconds: 10 });

/** The programs that the tests run; they may import what a function may not. */
export const testGuests = compiled({
  name: 'test-guests',
  modules: testModules,
  restricted: false,
  seconds: 20,
});

/**
 * A step that compiles modules to `name.wasm`, `name.so` and `name.json`.
 *
 * @param restricted whether they may import only what a function may
 */
function compiled({
  name,
  modules,
  restricted,
  seconds,
}: Pick<Step, 'name' | 'seconds'> & { modules: Step; restricted: boolean }): Step {
  return {
    name,
    needs: [wasmedge, modules],
    inputs: processorName,
    seconds,
    lacks: async () => [],
    make: async (work) => {
      const from = path.join(runtimeFolder, modules.name);
      const files = (await readdir(from)).filter((file) => file.endsWith('.wasm'));
      for (const file of files) await copyFile(path.join(from, file), path.join(work.product, file));
      const names = files.map((file) => path.basename(file, '.wasm'));
      await compileAll(names, work, restricted);
      return names.join(', ');
    },
  };
}

/** Compiles as many at once as there are processors. */
async function compileAll(names: readonly string[], work: Work, restricted: boolean): Promise<void> {
  const { checkImports, compile, findRuntime } = await import('@app/wasmedge-node');
  const runtime = await findRuntime(parts.wasmedge);
  const waiting = names.values();
  await Promise.all(Array.from({ length: availableParallelism() }, compileNext));

  async function compileNext(): Promise<void> {
    for (const name of waiting) {
      const file = path.join(work.product, `${name}.wasm`);
      if (restricted) await checkImports(await readFile(file), `${name}.wasm`);
      if (await keepPrevious(runtime, name, work)) continue;
      work.report(`compiling ${name} ahead of time`);
      await compile(runtime, file, work.signal);
    }
  }
}

/** What was compiled from the same module by the same WasmEdge on the same processor need not be compiled again. */
async function keepPrevious(runtime: Runtime, name: string, { previous, product }: Work): Promise<boolean> {
  const { verifyCompiled } = await import('@app/wasmedge-node');
  try {
    for (const file of [`${name}.so`, `${name}.json`]) {
      await copyFile(path.join(previous, file), path.join(product, file));
    }
    await verifyCompiled(runtime, path.join(product, `${name}.so`));
    return true;
  } catch {
    return false;
  }
}
