import path from 'node:path';
import type { z } from 'zod';
import type { Build, FunctionDescription } from './description.js';
import { ManifestError } from './errors.js';
import { problemOfName } from './names.js';
import type { manifestSchema } from './schema.js';
import { missing, problemsOfBuild, type SourceProblem } from './sources.js';

/** Reads the function in a folder as one whose program another has. */
export type ReadProgram = (folder: string) => Promise<FunctionDescription>;

/**
 * Finds what a function is built from, be it another function.
 *
 * @param options `functions`: the folder of all functions; `sources`: whether what is built has to be there;
 *   `readProgram`: `undefined` if this one is read as the other one
 * @returns also what is not as it has to be
 */
export async function buildOf(
  folder: string,
  given: z.output<typeof manifestSchema>['build'],
  {
    functions,
    sources,
    readProgram,
  }: { functions: string; sources: boolean; readProgram: ReadProgram | undefined },
): Promise<{ readonly build: Build } | { readonly problems: readonly SourceProblem[] }> {
  if (typeof given === 'string' || !('function' in given)) {
    const problems = sources ? await problemsOfBuild(folder, given) : [];
    return problems.length === 0 ? { build: given } : { problems };
  }
  const at = ['build', 'function'];
  const refuse = (problem: string) => ({ problems: [{ at, problem }] });
  const name = given.function;
  if (problemOfName(name) !== undefined)
    return refuse('must be the name of another function, which is that of its folder');
  if (readProgram === undefined)
    return refuse('must not be, as it is the program of another function, too; let that one name this');
  const program = path.join(functions, name);
  const gone = await missing(path.join(program, 'function.yaml'), at, 'isFile');
  if (gone.length > 0) return { problems: gone };
  try {
    return { build: { function: await readProgram(program) } };
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    return refuse(`names a function that cannot be used; mend that (${error.message})`);
  }
}
