import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

const NOT_SOURCES = new Set(['target', 'node_modules', 'dist']);

/**
 * The hash of the sources below a folder: names and contents of the files with one of these extensions, build
 * folders left out.
 */
export async function hashOfSources(folder: string, extensions: readonly string[]): Promise<string> {
  return hashOfFiles(folder, await sources(folder, extensions));
}

/** The hash of files: their names relative to a folder, and their contents. One that is not there counts, too. */
export async function hashOfFiles(folder: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  const contents = await Promise.all(files.map((file) => readFile(file).catch(missing)));
  for (const [index, file] of files.entries()) {
    const content = contents[index] ?? '';
    hash.update(`${path.relative(folder, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** Also of a link to a folder. */
function missing(error: NodeJS.ErrnoException): string {
  if (error.code !== 'ENOENT' && error.code !== 'EISDIR') throw error;
  return String(error.code);
}

async function sources(folder: string, extensions: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory() && !NOT_SOURCES.has(entry.name)) found.push(...(await sources(file, extensions)));
    else if (entry.isFile() && extensions.includes(path.extname(file))) found.push(file);
  }
  return found;
}

/** The hash of a file's content. */
export async function contentHash(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

/** Tells a file that was replaced from the one it was, without reading or running it. */
export async function identity(file: string): Promise<readonly [string, number, number]> {
  const real = await realpath(file);
  const { size, mtimeMs } = await stat(real);
  return [real, size, mtimeMs];
}
