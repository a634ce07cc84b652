import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { builtFunction, functionsFolder, readFunctions, SHARED_APP } from '@app/function-manifest';
import { SetupError } from '../setup/errors.js';
import { removeApp } from './run-file-apps.js';

/** The functions of the article, on which services and tests depend. */
const OF_THE_ARTICLE = ['grayscale', 'classify'];

/** What goes with a function. */
export interface Removal {
  readonly folder: string;
  readonly built: string;
  /** Its app, if no other function has it. */
  readonly app: string | undefined;
}

/**
 * Finds what goes with a function.
 *
 * @throws SetupError if there is no such function, or it is one of the article's
 */
export async function removalOf(name: string): Promise<Removal> {
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
  // The app of one whose manifest is wrong is not known: most likely it is the shared one.
  const app = described?.app ?? SHARED_APP;
  const isShared = functions.some((each) => each.name !== name && each.app === app);
  return { folder, built: path.dirname(builtFunction(name).module), app: isShared ? undefined : app };
}

/** Takes a function away, and its app in the run file if that serves nothing else then. */
export async function removeFunction({ folder, built, app }: Removal, runFile: string): Promise<void> {
  if (app !== undefined) await removeApp(runFile, app);
  await rm(folder, { recursive: true });
  await rm(built, { recursive: true, force: true });
}
