import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { FunctionDescription } from './description.js';
import { ManifestError } from './errors.js';
import { problemOfName } from './names.js';
import { functionsFolder } from './places.js';
import { readManifest } from './read-manifest.js';

/**
 * Reads the `function.yaml` of each function. A folder without one is no function, nor is one whose name begins with a dot.
 * One that is wrong is among the `problems`, and keeps none of the others back.
 *
 * @param folder the folder of all functions
 * @param options those of `readManifest`
 * @returns the functions by name, and of each other one what is wrong with it
 * @throws ManifestError if the folder itself cannot be read
 */
export async function readFunctions(
  folder: string = functionsFolder,
  options: { sources?: boolean } = {},
): Promise<{ functions: FunctionDescription[]; problems: ManifestError[] }> {
  const top = path.resolve(folder);
  const entries = await readdir(top, { withFileTypes: true }).catch((cause: Error) => {
    throw new ManifestError(
      `${top}, the folder of the functions, cannot be read: ${cause.message}. Make it, or let FUNCTIONS_DIR name another.`,
      { function: '', file: top, cause },
    );
  });
  const names = entries
    .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isSymbolicLink()))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const read = await Promise.all(
    names.map(async (entry) => {
      const own = path.join(top, entry.name);
      if (!(await isThere(path.join(own, 'function.yaml')))) return [];
      const problem = entry.isSymbolicLink()
        ? 'is a symbolic link: one folder would be two functions; put the folder itself here'
        : problemOfName(entry.name);
      if (problem === undefined)
        return [
          await readManifest(own, top, options).catch((error: unknown) => {
            if (error instanceof ManifestError) return error;
            throw error;
          }),
        ];
      return [
        new ManifestError(`${own}: the name ${entry.name} ${problem}.`, { function: entry.name, file: own }),
      ];
    }),
  );
  const all = read.flat();
  return {
    functions: all.filter((each): each is FunctionDescription => !(each instanceof ManifestError)),
    problems: all.filter((each) => each instanceof ManifestError),
  };
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
