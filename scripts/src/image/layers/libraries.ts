import { ask } from '../../setup/command.js';

/**
 * The shared libraries that a program, or a library, is linked with, and theirs.
 *
 * @param loader what lists them: `ldd`, or the loader of the libraries with its arguments
 * @returns absolute paths, the loader's own among them
 */
export async function librariesOf(
  file: string,
  ...loader: readonly [string, ...string[]]
): Promise<string[]> {
  const [command, ...args] = loader;
  const listed = await ask(command, ...args, file);
  return [...listed.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, library = '']) => library);
}
