import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Shell lines that change what a command finds where; seen by that command alone. */
export const mounts = {
  /** A file system that has no room for as much as one file. */
  full: (folder: string) => `mount -t tmpfs -o size=4k,nr_inodes=1 none '${folder}'`,
  /** A file system of this size, in MiB. */
  small: (folder: string, size: number) => `mount -t tmpfs -o size=${size}m none '${folder}'`,
  readOnly: (folder: string) =>
    `mount --bind '${folder}' '${folder}' && mount -o remount,bind,ro '${folder}'`,
  /** A file that is found where another is. */
  inPlaceOf: (file: string, other: string) => `mount --bind '${other}' '${file}'`,
  emptyReadOnly: (folder: string) => `mount -t tmpfs -o ro none '${folder}'`,
  /** What is written into the folder goes into memory. */
  overlaid: (folder: string, scratch: string) =>
    `mount -t tmpfs none '${scratch}' && mkdir '${scratch}/upper' '${scratch}/work' && mount -t overlay -o 'redirect_dir=on,lowerdir=${folder},upperdir=${scratch}/upper,workdir=${scratch}/work' none '${folder}'`,
};

/** The repository and what set-up has made. */
export const folders = { repository: root, runtime: `${root}.runtime` };

/**
 * A command line to put before another one, which then runs in mounts of its own. It needs root, or a system that
 * lets anybody make a user namespace.
 */
export function mounted(...lines: readonly string[]): string[] {
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const script = [...lines, 'exec "$@"'].join(' && ');
  return ['unshare', ...asRoot, '--mount', 'sh', '-c', script, 'mounted'];
}
