import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { FunctionDescription } from '@app/function-manifest';

/** Folders of what is built or brought in, in whatever language. */
export const NOT_SOURCES = new Set([
  'target',
  'node_modules',
  'dist',
  'build',
  'zig-cache',
  '.zig-cache',
  '.git',
]);

/** What is no part of a module: what describes the function, and what it is tried with. */
const BESIDE = ['function.yaml', 'cases'];

/**
 * The files of a function's folder that may decide what module is built, in order: all but what is built, what it is tried with
 * and what it reads when it runs.
 */
export async function ownFiles({
  folder,
  folders,
}: Pick<FunctionDescription, 'folder' | 'folders'>): Promise<string[]> {
  const leftOut = new Set([...BESIDE.map((name) => path.join(folder, name)), ...Object.values(folders)]);
  const filesIn = async (place: string): Promise<string[]> => {
    const entries = await readdir(place, { withFileTypes: true });
    const found = await Promise.all(
      entries.map(async (entry) => {
        const file = path.join(place, entry.name);
        if (leftOut.has(file) || NOT_SOURCES.has(entry.name)) return [];
        if (entry.isDirectory()) return filesIn(file);
        return entry.isFile() || entry.isSymbolicLink() ? [file] : [];
      }),
    );
    return found.flat();
  };
  return (await filesIn(folder)).sort();
}
