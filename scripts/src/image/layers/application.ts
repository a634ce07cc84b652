import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../../paths.js';
import { writeAppScripts } from './app-scripts.js';
import { installedFor } from './packages.js';
import { copy, placeIn } from './place.js';

/**
 * The programs, and what of this repository they need: of each workspace what was compiled from a source that is there and
 * is no test.
 *
 * @param workspaces the folders of the programs
 */
export async function applicationLayer(layer: string, workspaces: readonly string[]): Promise<void> {
  await copy(path.join(root, 'package.json'), placeIn(layer, path.join(root, 'package.json')));
  await copy(path.join(root, 'deploy/health.js'), placeIn(layer, path.join(root, 'deploy/health.js')));
  await writeAppScripts(layer);
  for (const link of await installedFor(workspaces)) {
    if (!(await lstat(link)).isSymbolicLink()) continue;
    const target = await readlink(link);
    await mkdir(path.dirname(placeIn(layer, link)), { recursive: true });
    await symlink(target, placeIn(layer, link));
    await copyWorkspace(layer, path.resolve(path.dirname(link), target));
  }
  // web-port serves it, and imports nothing of it.
  await copyWorkspace(layer, path.join(root, 'static'));
  await copy(path.join(root, 'static/public'), placeIn(layer, path.join(root, 'static/public')));
}

async function copyWorkspace(layer: string, folder: string): Promise<void> {
  const file = path.join(folder, 'package.json');
  await copy(file, placeIn(layer, file));
  for (const compiled of await compiledIn(folder)) await copy(compiled, placeIn(layer, compiled));
}

/** What was compiled of a workspace's sources; `dist` may also have what was compiled of those that are gone. */
async function compiledIn(folder: string): Promise<string[]> {
  const sources = await readdir(path.join(folder, 'src'), { recursive: true });
  return sources
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('fixtures/'))
    .map((name) => path.join(folder, 'dist', name.replace(/ts$/, 'js')))
    .filter((file) => existsSync(file));
}
