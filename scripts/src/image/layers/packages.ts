import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../../paths.js';
import { run } from '../../setup/command.js';
import { copy, placeIn } from './place.js';

/** What nobody runs: types, sources, source maps and texts; licences stay, whatever they are called. */
const NOT_RUN = /\.([cm]?ts|map|md|markdown|tsbuildinfo)$/i;
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

/** Of a package all but what nobody runs, and the packages in it, which are listed themselves. */
function isRun(folder: string): (file: string) => boolean {
  const inner = path.join(folder, 'node_modules');
  return (file) => file !== inner && (LICENCE.test(path.basename(file)) || !NOT_RUN.test(file));
}
