import { existsSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Runtime } from '@dapr-wasmedge/wasmedge-node';
import { processorName } from '@dapr-wasmedge/wasmedge-node/processor';
import { parts, root } from '../paths.js';
import { cargoBuild, cargoTargets } from './cargo.js';
import { run } from './command.js';
import { SetupError } from './errors.js';
import { hashOfSources } from './fingerprints.js';
import type { Step, Work } from './step.js';
import { lacking, onPath } from './tools.js';
import { wasmedge } from './wasmedge.js';

const TARGET = 'wasm32-wasip1';

/** The functions: each program of the workspace `functions/`, its imports checked, compiled ahead of time. */
export const functions = guests({
  name: 'functions',
  sources: 'functions',
  restricted: true,
  seconds: 100,
});

/** The programs that the tests run; they may import what a function may not. */
export const testGuests = guests({
  name: 'test-guests',
  sources: 'test/guests',
  restricted: false,
  seconds: 30,
});

/**
 * The programs of a Cargo workspace as `name.wasm`, `name.so` and `name.json`.
 *
 * @param restricted whether they may import only what a function may
 */
function guests({
  name,
  sources,
  restricted,
  seconds,
}: Pick<Step, 'name' | 'seconds'> & { sources: string; restricted: boolean }): Step {
  const workspace = path.join(root, sources);
  return {
    name,
    needs: [wasmedge],
    inputs: async () => [await processorName(), await hashOfSources(workspace, ['.rs', '.toml', '.lock'])],
    seconds,
    lacks: () => lacking('cargo'),
    make: async (work) => {
      await installTarget(workspace, work);
      const { targetFolder, targets } = await cargoTargets(workspace, 'bin', work.signal);
      await cargoBuild(workspace, ['--target', TARGET], work);
      const names = targets.map((target) => target.name);
      for (const program of names) {
        const built = path.join(targetFolder, TARGET, 'release', `${program}.wasm`);
        await copyFile(built, path.join(work.product, `${program}.wasm`));
      }
      await compileAll(names, work, restricted);
      return names.join(', ');
    },
  };
}

/** Compiles as many at once as there are processors. */
async function compileAll(names: readonly string[], work: Work, restricted: boolean): Promise<void> {
  const { checkImports, compile, findRuntime } = await import('@dapr-wasmedge/wasmedge-node');
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
  const { verifyCompiled } = await import('@dapr-wasmedge/wasmedge-node');
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

/** Adds the compiler's target where it is missing. */
async function installTarget(workspace: string, { signal, report }: Work): Promise<void> {
  const options = { cwd: workspace, signal };
  const sysroot = (await run('rustc', ['--print', 'sysroot'], options)).trim();
  if (existsSync(path.join(sysroot, 'lib/rustlib', TARGET))) return;
  if ((await onPath('rustup')).length === 0) {
    throw new SetupError(`This Rust has no ${TARGET}: install Rust with rustup (https://rustup.rs).`);
  }
  report(`adding the target ${TARGET}`);
  await run('rustup', ['target', 'add', TARGET], options);
}
