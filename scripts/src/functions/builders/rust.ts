import { existsSync } from 'node:fs';
import path from 'node:path';
import { buildCargoModules } from '../../setup/cargo-modules.js';
import { SetupError } from '../../setup/errors.js';
import { lacking } from '../../setup/tools.js';
import { ownFiles } from '../own-files.js';
import type { Builder } from './builder.js';
import { cratesOf } from './rust-crates.js';

/** A Cargo package with one program. */
export const rust: Builder = {
  lacks: () => lacking('cargo'),
  sources: async (described) => {
    const { crates, workspaces } = await cratesOf(described.folder);
    const others = crates.filter((folder) => folder !== described.folder);
    const files = await Promise.all([
      ownFiles(described),
      ...others.map((folder) => ownFiles({ folder, folders: {} })),
    ]);
    return [...files.flat(), ...workspaces, ...cargoSettings(described.folder)];
  },
  build: async ({ folder }, work) => {
    if (!existsSync(path.join(folder, 'Cargo.lock')))
      throw new SetupError(
        `${folder} has no Cargo.lock, without which it is never built twice from the same: write it by \`cargo generate-lockfile\` there.`,
      );
    const [module, ...others] = await buildCargoModules(folder, work, { optimisation: work.optimisation });
    if (module === undefined || others.length > 0)
      throw new SetupError(
        `${folder}/Cargo.toml has ${others.length === 0 ? 'no program' : 'more than one program'}: a function is one, such as src/main.rs.`,
      );
    return module;
  },
  seconds: 48,
};

/** Files that Cargo would read in folders above (https://doc.rust-lang.org/cargo/reference/config.html), as far as the functions' own. */
function cargoSettings(folder: string): string[] {
  return [path.join(folder, '../.cargo/config.toml'), path.join(folder, '../rust-toolchain.toml')].filter(
    existsSync,
  );
}
