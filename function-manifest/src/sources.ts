import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { OwnBuild } from './description.js';
import { LANGUAGES, type Language } from './languages.js';

/** Something that a `function.yaml` names and that is not as it has to be. */
export interface SourceProblem {
  /** The path of the value in the file. */
  readonly at: readonly string[];
  readonly problem: string;
}

/** Checks that what a function is built from is there, in its own folder. */
export async function problemsOfBuild(folder: string, build: OwnBuild): Promise<SourceProblem[]> {
  if (typeof build === 'string') return withoutSource(folder, build);
  const at = ['build', 'wasm'];
  const outside = await leadsOutside(folder, build.wasm);
  if (outside) return [{ at, problem: OUTSIDE }];
  return 'run' in build ? [] : missing(path.join(folder, build.wasm), at, 'isFile');
}

async function withoutSource(folder: string, language: Language): Promise<SourceProblem[]> {
  const files = LANGUAGES[language].map((name) => path.join(folder, name));
  const problems = await Promise.all(files.map((file) => missing(file, ['build'], 'isFile')));
  return problems.every(({ length }) => length > 0) ? problems.slice(0, 1).flat() : [];
}

/** Checks that a folder that the function may read is there, in the function's own. */
export async function problemsOfFolder(
  folder: string,
  guest: string,
  given: string,
): Promise<SourceProblem[]> {
  const at = ['folders', guest];
  if (await leadsOutside(folder, given)) return [{ at, problem: OUTSIDE }];
  return missing(path.join(folder, given), at, 'isDirectory');
}

const OUTSIDE =
  "leads out of the function's folder, by itself or by a symbolic link; give a path inside of it, and put what is needed there";

/** Says so if a file or folder is not there. */
export async function missing(
  file: string,
  at: readonly string[],
  kind: 'isFile' | 'isDirectory',
): Promise<SourceProblem[]> {
  const found = await stat(file).catch(() => undefined);
  if (found?.[kind]()) return [];
  const wanted = kind === 'isFile' ? 'file' : 'folder';
  return [{ at, problem: `needs the ${wanted} ${file}, which is not there; make it or name another` }];
}

/** Whether a path, or as much of it as there is, lies outside of the folder. */
async function leadsOutside(folder: string, given: string): Promise<boolean> {
  const file = path.resolve(folder, given);
  if (!isInside(folder, file)) return true;
  const top = await realpath(folder);
  for (let part = file; part !== folder; part = path.dirname(part)) {
    const real = await realpath(part).catch(() => undefined);
    if (real !== undefined) return !isInside(top, real);
  }
  return false;
}

function isInside(folder: string, file: string): boolean {
  return file.startsWith(`${folder}${path.sep}`);
}
