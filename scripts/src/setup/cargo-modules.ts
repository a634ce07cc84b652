import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Optimisation } from '@app/wasmedge-node';
import { cargoBuild, cargoTargets } from './cargo.js';
import { run } from './command.js';
import { SetupError } from './errors.js';
import type { Work } from './step.js';
import { onPath } from './tools.js';

const TARGET = 'wasm32-wasip1';

/**
 * How Cargo optimises (https://doc.rust-lang.org/cargo/reference/profiles.html), and the folder of what it makes then. Light:
 * what others have written is optimised once, and a package's own code next to not at all; it does what that of a release does.
 */
const PROFILES: Readonly<Record<Optimisation, { args: readonly string[]; folder: string }>> = {
  full: { args: ['--release'], folder: 'release' },
  light: {
    args: [
      '--profile=dev',
      '--config=profile.dev.opt-level=1',
      '--config=profile.dev.package."*".opt-level=3',
      '--config=profile.dev.debug=false',
      '--config=profile.dev.panic="abort"',
      '--config=profile.dev.overflow-checks=false',
      '--config=profile.dev.debug-assertions=false',
    ],
    folder: 'debug',
  },
};

/**
 * Builds each program of a Cargo workspace as WebAssembly.
 *
 * @param workspace its folder, absolute
 * @param env for its build scripts
 * @returns the modules' paths
 */
export async function buildCargoModules(
  workspace: string,
  work: Pick<Work, 'signal' | 'report'>,
  {
    optimisation = 'full',
    env = {},
  }: { optimisation?: Optimisation; env?: Readonly<Record<string, string>> } = {},
): Promise<string[]> {
  const { args, folder } = PROFILES[optimisation];
  await installTarget(workspace, work);
  const { targetFolder, targets } = await cargoTargets(workspace, 'bin', work.signal);
  await cargoBuild(workspace, ['--target', TARGET], { ...work, env, profile: args });
  return targets.map(({ name }) => path.join(targetFolder, TARGET, folder, `${name}.wasm`));
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
