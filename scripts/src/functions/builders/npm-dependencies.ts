import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { npmCi } from '../../../npm-ci.mjs';
import { run } from '../../setup/command.js';
import { SetupError } from '../../setup/errors.js';
import type { Work } from '../../setup/step.js';

const dependencies = z.record(z.string(), z.string()).optional();
const Package = z.looseObject({ dependencies, devDependencies: dependencies });

/**
 * Installs the npm packages that a function's package.json names, as its lock file says, unless they are there.
 *
 * @param folder the function's, absolute
 * @throws SetupError if there is no lock file, package.json is not usable, or with what npm said
 */
export async function installDependencies(
  folder: string,
  { signal, report }: Pick<Work, 'signal' | 'report'>,
): Promise<void> {
  if (!(await namesPackages(path.join(folder, 'package.json')))) return;
  const locked = await changedAt(path.join(folder, 'package-lock.json'));
  if (locked === undefined)
    throw new SetupError(
      `${folder} has no package-lock.json, without which it is never built twice from the same: write it by \`npm install\` there.`,
    );
  // npm writes it last, after the lock file, whenever it has installed something.
  const installed = await changedAt(path.join(folder, 'node_modules/.package-lock.json'));
  if (installed !== undefined && installed >= locked) return;
  report('installing its npm packages');
  await run('npm', npmCi, { cwd: folder, signal });
}

async function namesPackages(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(ignoreMissing);
  if (text === undefined) return false;
  try {
    const { dependencies = {}, devDependencies = {} } = Package.parse(JSON.parse(text));
    return Object.keys({ ...dependencies, ...devDependencies }).length > 0;
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new SetupError(`${file} is no description of an npm package: ${reason}`, { cause });
  }
}

/** When a file was last changed, in ms; `undefined` if it is not there. */
async function changedAt(file: string): Promise<number | undefined> {
  return (await stat(file).catch(ignoreMissing))?.mtimeMs;
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
