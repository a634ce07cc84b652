import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';

/** Larger files go by their size alone: to read all of them would take as long as the rest of a start. */
const LARGEST_READ_BYTES = 2 * 1024 ** 2;

/**
 * The hash of what is in a folder: names, kinds and sizes of all files below it, and the contents of those up to 2 MiB.
 *
 * @param leftOut name of a file, directly in the folder, that does not count
 */
export async function inventory(folder: string, leftOut: string): Promise<string> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file !== leftOut).sort();
  const hash = createHash('sha256');
  for (const entry of await Promise.all(files.map((file) => describe(path.join(folder, file), file))))
    for (const part of entry) hash.update(part).update('\0');
  return hash.digest('hex');
}

async function describe(file: string, name: string): Promise<(string | Buffer)[]> {
  const status = await lstat(file);
  if (status.isSymbolicLink()) return [name, await readlink(file)];
  if (!status.isFile()) return [name];
  const content = status.size > LARGEST_READ_BYTES ? [] : [await readFile(file)];
  return [name, String(status.size), ...content];
}
