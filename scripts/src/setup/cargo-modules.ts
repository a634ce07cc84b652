import { existsSync } from 'node:fs';
import path from 'node:path';
import { cargoBuild, cargoTargets } from './cargo.js';
import { run } from './command.js';
import { SetupError } from './errors.js';
import type { Work } from './step.js';
import { onPath } from './tools.js';

const TARGET = 'wasm32-wasip1';

/**
 * Builds each program of a Cargo workspace as WebAssembly.
 *
 * @param workspace its folder, absolute
 * @returns the modules' paths
 */
export async function buildCargoModules(
  workspace: string,
  work: Pick<Work, 'signal' | 'report'>,
): Promise<string[]> {
  await installTarget(workspace, work);
  const { targetFolder, targets } = await cargoTargets(workspace, 'bin', work.signal);
  await cargoBuild(workspace, ['--target', TARGET], work);
  return targets.map(({ name }) => path.join(targetFolder, TARGET, 'release', `${name}.wasm`));
}

/** Adds the compiler's target where it is missing. */
async function installTarget(
  workspace: string,
  { signal, report }: Pick<Work, 'signal' | 'report'>,
): Promise<void> {
  const options = { cwd: workspace, signal };
  const sysroot = (await run('rustc', ['--print', 'sysroot'], options)).trim();
  if (existsSync(path.join(sysroot, 'lib/rustlib', TARGET))) return;
  if ((await onPath('rustup')).length === 0) {
    throw new SetupError(`This Rust has no ${TARGET}: install Rust with rustup (https://rustup.rs).`);
  }
  report(`adding the target ${TARGET}`);
  await run('rustup', ['target', 'add', TARGET], options);
}
