import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../../paths.js';
import { IMAGE_USER } from '../image.js';
import { librariesOf } from './libraries.js';
import { nativeFiles } from './packages.js';
import { copy } from './place.js';

const FILES = {
  'etc/passwd': `root:x:0:0:root:/:/sbin/nologin\napp:x:${IMAGE_USER}:${IMAGE_USER}:app:/app:/sbin/nologin\n`,
  'etc/group': `root:x:0:\napp:x:${IMAGE_USER}:\n`,
  // Without it glibc would ask a name server before it looks into /etc/hosts.
  'etc/nsswitch.conf': 'hosts: files dns\n',
} as const;

/**
 * What there is beside the application, from the base image: Node, the shell that WasmEdge's starter runs in, and the
 * libraries that these are linked with, as are the npm packages that have native code.
 *
 * @param workspaces the folders of the programs
 */
export async function systemLayer(layer: string, workspaces: readonly string[]): Promise<void> {
  const shell = await realpath('/bin/sh');
  const programs = new Map([
    ['usr/local/bin/node', process.execPath],
    ['bin/sh', shell],
  ]);
  for (const [name, file] of programs) await copy(file, path.join(layer, name));
  const linked = [...programs.values(), ...(await nativeFiles(workspaces))];
  const libraries = await Promise.all(linked.map((file) => librariesOf(file, 'ldd')));
  for (const library of new Set(libraries.flat()))
    if (!library.startsWith(root)) await copy(library, path.join(layer, library));
  for (const [name, text] of Object.entries(FILES)) {
    await mkdir(path.dirname(path.join(layer, name)), { recursive: true });
    await writeFile(path.join(layer, name), text);
  }
  // What scripts name in their first line.
  await mkdir(path.join(layer, 'usr/bin'), { recursive: true });
  await symlink('../local/bin/node', path.join(layer, 'usr/bin/node'));
}
