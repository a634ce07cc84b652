import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { SetupError } from '../../setup/errors.js';

/** A replacement that is a folder (https://go.dev/ref/mod#go-mod-file-replace): its path begins so, be it quoted. */
const FOLDER = /=>\s*(?:"(\.{0,2}\/[^"]*)"|`(\.{0,2}\/[^`]*)`|(\.{0,2}\/[^\s"`]*))/;

/**
 * The folders that a Go module takes other modules from. Those of these modules' own go.mod do not count for Go, either.
 *
 * @param folder the module's, absolute
 * @throws SetupError naming a folder that is not there, with the go.mod
 */
export async function replacedModules(folder: string): Promise<string[]> {
  const file = path.join(folder, 'go.mod');
  const lines = (await readFile(file, 'utf8')).split('\n');
  const folders = lines.flatMap((line) => {
    const found = FOLDER.exec(line.replace(/\/\/.*/, ''));
    const given = found?.slice(1).find((each) => each !== undefined);
    return given === undefined ? [] : [path.resolve(folder, given)];
  });
  for (const each of folders)
    await readFile(path.join(each, 'go.mod')).catch((cause: Error) => {
      throw new SetupError(`${file} takes a module from ${each}, which cannot be read: ${cause.message}`, {
        cause,
      });
    });
  return [...new Set(folders)].sort();
}
