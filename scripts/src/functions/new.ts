import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { functionsFolder, type Language, problemOfName, SHARED_APP } from '@app/function-manifest';
import { SetupError } from '../setup/errors.js';
import { asideFolder, closeAside, openAside, readAside } from './aside.js';
import { fillFromModule, fillFromTemplate } from './new-folder.js';
import { withApp, writeRunFile } from './run-file-apps.js';

/** What a function is made from. */
export interface NewFunction {
  readonly name: string;
  /** What the page calls it. */
  readonly title?: string | undefined;
  /** What it is written in. */
  readonly language: Language;
  /** Whether it gets an app, with a sidecar, of its own. */
  readonly ownApp?: boolean | undefined;
  /** A module that exists, in place of a template. */
  readonly from?: string | undefined;
  /** The run file that its app stands in. */
  readonly runFile: string;
}

/**
 * Makes the folder of a function, and its app in the run file where that is the first one. Cut off or failed, it leaves nothing.
 *
 * @returns the folder, and the app that was added, if it was
 * @throws SetupError if there is such a function, the name, the title or the module can be none of a function, or the run
 *   file cannot take its app
 * @throws ImportsError if the module imports what a function may not have
 */
export async function newFunction(wanted: NewFunction): Promise<{ folder: string; addedApp?: string }> {
  const { name, from, ownApp = false, runFile } = wanted;
  await refuseName(name);
  const imports = from === undefined ? undefined : await importsOf(from);
  const app = ownApp ? name : SHARED_APP;
  const change = await withApp(runFile, app);
  const folder = path.join(functionsFolder, name);
  const aside = path.join(asideFolder, name);
  await openAside();
  await mkdir(aside);
  try {
    if (from === undefined) await fillFromTemplate(aside, wanted);
    else
      await fillFromModule(aside, { ...wanted, from, needsNn: imports?.has('wasi_ephemeral_nn') === true });
    await readAside(name);
    await rename(aside, folder);
  } finally {
    await closeAside();
  }
  if (change === undefined) return { folder };
  try {
    await writeRunFile(change);
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
  return { folder, addedApp: app };
}

/** @throws SetupError if no function can have this name, or something has it already */
export async function refuseName(name: string): Promise<void> {
  const problem = problemOfName(name);
  if (problem !== undefined) throw new SetupError(`"${name}" can be no function: it ${problem}.`);
  const entries: string[] = await readdir(functionsFolder).catch(() => []);
  if (entries.includes(name))
    throw new SetupError(
      `There is ${path.join(functionsFolder, name)} already: choose another name, or take that away by \`npm run remove -- ${name}\`.`,
    );
}

async function importsOf(file: string): Promise<ReadonlySet<string>> {
  const bytes = await readFile(file).catch((cause: Error) => {
    throw new SetupError(
      `${file} cannot be read (${cause.message}): give the path of a WebAssembly module.`,
      { cause },
    );
  });
  const { checkImports } = await import('@app/wasmedge-node');
  return checkImports(bytes, file);
}
