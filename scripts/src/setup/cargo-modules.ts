import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../paths.js';
import { cargoBuild, cargoTargets } from './cargo.js';
import { run } from './command.js';
import { SetupError } from './errors.js';
import { hashOfSources } from './fingerprints.js';
import type { Step, Work } from './step.js';
import { lacking, onPath } from './tools.js';

const TARGET = 'wasm32-wasip1';

/**
 * A step that builds each program of a Cargo workspace as WebAssembly, `name.wasm`.
 *
 * @param sources the workspace's folder, relative to the repository
 */
export function cargoModules({
  name,
  sources,
  seconds,
}: Pick<Step, 'name' | 'seconds'> & { sources: string }): Step {
  const workspace = path.join(root, sources);
  return {
    name,
    needs: [],
    inputs: () => hashOfSources(workspace, ['.rs', '.toml', '.lock']),
    seconds,
    lacks: () => lacking('cargo'),
    make: async (work) => {
      await installTarget(workspace, work);
      const { targetFolder, targets } = await cargoTargets(workspace, 'bin', work.signal);
      await cargoBuild(workspace, ['--target', TARGET], work);
      for (const program of targets) {
        const file = `${program.name}.wasm`;
        await copyFile(path.join(targetFolder, TARGET, 'release', file), path.join(work.product, file));
      }
      return targets.map((target) => target.name).join(', ');
    },
  };
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
