import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Manifests } from './render.js';

/** The folders in which every file is rendered. */
const RENDERED_FOLDERS = ['base', 'overlays/local', 'overlays/production'];

/**
 * What is other in a folder than it would be rendered.
 *
 * @returns paths in the folder, of files that are missing, changed, or not rendered any more; empty if all is as it is to be
 */
export async function oldFiles(folder: string, manifests: Manifests): Promise<string[]> {
  const there = await renderedFiles(folder);
  const gone = there.filter((file) => !manifests.has(file));
  const changed = await Promise.all(
    [...manifests].map(async ([file, text]) =>
      (await textOf(path.join(folder, file))) === text ? [] : [file],
    ),
  );
  return [...changed.flat(), ...gone].sort();
}

/** Writes what is other, and removes what is not rendered any more. */
export async function writeFiles(folder: string, manifests: Manifests): Promise<void> {
  for (const file of await oldFiles(folder, manifests)) {
    const text = manifests.get(file);
    const target = path.join(folder, file);
    if (text === undefined) {
      await rm(target);
      continue;
    }
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text);
  }
}

async function renderedFiles(folder: string): Promise<string[]> {
  const found = await Promise.all(
    RENDERED_FOLDERS.map(async (each) => {
      const names = await readdir(path.join(folder, each)).catch(() => []);
      return names.filter((name) => name.endsWith('.yaml')).map((name) => path.posix.join(each, name));
    }),
  );
  return found.flat();
}

async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
