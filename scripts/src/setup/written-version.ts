import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../paths.js';
import { SetupError } from './errors.js';

/**
 * A version as a file of the repository has it.
 *
 * @param file its path in the repository
 * @param pattern its first group is the version
 * @throws SetupError if nothing in the file is like that
 */
export async function writtenVersion(file: string, pattern: RegExp): Promise<string> {
  const [, version] = pattern.exec(await readFile(path.join(root, file), 'utf8')) ?? [];
  if (version === undefined) throw new SetupError(`${file} names no version (${pattern}).`);
  return version;
}
