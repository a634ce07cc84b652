import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { builtFunction, functionsFolder, readFunctions, SHARED_APP } from '@app/function-manifest';
import { SetupError } from '../setup/errors.js';
import { asideFolder, closeAside, openAside } from './aside.js';
import { type RunFileChange, withoutApp, writeRunFile } from './run-file-apps.js';

/** The functions of the article, on which services and tests depend. */
const OF_THE_ARTICLE = ['grayscale', 'classify'];

/** What goes with a function. */
export interface Removal {
  readonly folder: string;
  readonly built: string;
  /** Its app, if that is in the run file and serves no other function. */
  readonly app: { readonly id: string; readonly change: RunFileChange } | undefined;
}

/**
 * Finds what goes with a function.
 *
 * @throws SetupError if there is no such function, or it is one of the article's
 */
export async function removalOf(name: string, runFile: string): Promise<Removal> {
  if (OF_THE_ARTICLE.includes(name))
    throw new SetupError(
      `${name} is one of the article's two functions, with a service of its own: take that out of dapr.yaml and package.json first, then the folder.`,
    );
  const folder = path.join(functionsFolder, name);
  const { functions, problems } = await readFunctions();
  const described = functions.find((each) => each.name === name);
  const isThere = described !== undefined || problems.some((each) => each.function === name);
  if (!isThere || !(await stat(folder)).isDirectory()) {
    const names = functions.map((each) => each.name).filter((each) => !OF_THE_ARTICLE.includes(each));
    throw new SetupError(
      `There is no function ${JSON.stringify(name)} to remove${names.length > 0 ? `; there are ${names.join(', ')}` : ''}.`,
    );
  }
  const others = functions.filter((each) => each.name !== name).map(({ app }) => app);
  // What app a wrong manifest means nobody knows: most likely the shared one, which stays for it.
  if (problems.some((each) => each.function !== name)) others.push(SHARED_APP);
  const candidates = described === undefined ? [name, SHARED_APP] : [described.app];
  const built = path.dirname(builtFunction(name).module);
  for (const id of candidates.filter((each) => !others.includes(each))) {
    const change = await withoutApp(runFile, id);
    if (change !== undefined) return { folder, built, app: { id, change } };
  }
  return { folder, built, app: undefined };
}

/** Takes a function away, and its app if that serves nothing else then. Cut off, it leaves no half of a folder. */
export async function removeFunction({ folder, built, app }: Removal): Promise<void> {
  if (app !== undefined) await writeRunFile(app.change);
  await openAside();
  await rename(folder, path.join(asideFolder, path.basename(folder)));
  await closeAside();
  await rm(built, { recursive: true, force: true });
}
