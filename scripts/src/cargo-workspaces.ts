import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ForegroundOptions } from './foreground.js';
import { root } from './paths.js';
import { toolEnvironment } from './setup/environment.js';
import { pluginEnvironment } from './setup/plugins.js';

/** Folders that hold no workspaces of ours; a template's is one only where it has been copied to. */
const LEFT_OUT = ['node_modules', 'target', 'templates'];

/** A Cargo workspace of the repository. */
export interface CargoWorkspace {
  /** Where and how to run Cargo for it. */
  readonly options: ForegroundOptions & { readonly cwd: string };
  readonly hasTests: boolean;
}

/** The Cargo workspaces, found by looking: the folders of the repository and those in them. */
export async function cargoWorkspaces(): Promise<CargoWorkspace[]> {
  const outer = await foldersIn(root);
  const inner = await Promise.all(outer.map(foldersIn));
  const found = await Promise.all(
    [...outer, ...inner.flat()].map(async (folder) => {
      const manifest = await readFile(path.join(folder, 'Cargo.toml'), 'utf8').catch(() => '');
      if (!/^\[workspace\]/m.test(manifest)) return [];
      const options = {
        cwd: path.relative(root, folder),
        env: {
          ...toolEnvironment(),
          ...pluginEnvironment,
          LD_LIBRARY_PATH: pluginEnvironment.LITERT_LIB_DIR,
        },
      };
      return [{ options, hasTests: await hasTests(folder) }];
    }),
  );
  return found.flat().sort((a, b) => (a.options.cwd < b.options.cwd ? -1 : 1));
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !LEFT_OUT.includes(entry.name))
    .map((entry) => path.join(folder, entry.name));
}

/** What has no tests need not compile on this machine: programs for WebAssembly alone do not. */
async function hasTests(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true });
  const sources = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.rs'));
  for (const { name } of sources)
    if ((await readFile(path.join(folder, name), 'utf8')).includes('#[test]')) return true;
  for (const inner of await foldersIn(folder)) if (await hasTests(inner)) return true;
  return false;
}
