import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../../paths.js';
import { IMAGE_ROOT } from '../image.js';

/** The path in a layer of a file of the repository. */
export function placeIn(layer: string, file: string): string {
  return path.join(layer, IMAGE_ROOT, path.relative(root, file));
}

/**
 * Copies a file or folder; what a symbolic link leads to, in its place.
 *
 * @param wanted which files, by their path; all by default
 */
export async function copy(from: string, to: string, wanted?: (file: string) => boolean): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true });
  await cp(from, to, {
    recursive: true,
    dereference: true,
    ...(wanted !== undefined && { filter: (file) => wanted(file) }),
  });
}
