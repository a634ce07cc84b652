import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../../paths.js';
import { run } from '../../setup/command.js';
import { copy, placeIn } from './place.js';

/** What nobody runs: types, sources, source maps, tests and texts; licences stay, whatever they are called. */
const NOT_RUN = /\.([cm]?ts|map|md|markdown|tsbuildinfo|test\.[cm]?js)$/i;
/** Folders, directly in a package, of the same kind. */
const NOT_RUN_FOLDER = /^(test|tests|__tests__|bench|benchmarks?|examples?|docs?|coverage|\.github)$/i;
const LICENCE = /^(licen[cs]e|notice|copying)/i;

/**
 * The npm packages that these workspaces need to run, as set-up has installed them, not those for developing and testing.
 *
 * @param workspaces their folders
 */
export async function packagesLayer(layer: string, workspaces: readonly string[]): Promise<void> {
  for (const folder of await installedFor(workspaces))
    if (!(await lstat(folder)).isSymbolicLink()) await copy(folder, placeIn(layer, folder), isRun(folder));
}

/** The folders in node_modules that these workspaces need; those of workspaces are symbolic links. */
export async function installedFor(workspaces: readonly string[]): Promise<string[]> {
  const args = ['ls', '--all', '--omit=dev', '--parseable', ...workspaces.flatMap((name) => ['-w', name])];
  const listed = await run('npm', args, { cwd: root });
  return listed.split('\n').filter((folder) => folder.includes('/node_modules/'));
}

/** The native code in the packages that these workspaces need. */
export async function nativeFiles(workspaces: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    (await installedFor(workspaces)).map(async (folder) =>
      (await readdir(folder, { recursive: true })).map((name) => path.join(folder, name)),
    ),
  );
  return found.flat().filter((file) => /\.(node|so(\.\d+)*)$/.test(file));
}

/** Of a package all but what nobody runs, and the packages in it, which are listed themselves. */
function isRun(folder: string): (file: string) => boolean {
  return (file) => {
    const name = path.basename(file);
    if (path.dirname(file) === folder && (name === 'node_modules' || NOT_RUN_FOLDER.test(name))) return false;
    return LICENCE.test(name) || !NOT_RUN.test(name);
  };
}
