import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import {
  type FunctionDescription,
  functionsFolder,
  ManifestError,
  readManifest,
} from '@app/function-manifest';
import { SetupError } from '../setup/errors.js';

/**
 * Where a function's folder is made before it takes its place, and taken apart after it has left it: beside it, as only that is
 * surely the same disk. Nobody looks for functions there, nor does Git.
 */
export const asideFolder = path.join(functionsFolder, '.aside');

/** Makes it an empty folder. One command runs at a time, so what lies there is of one that was cut off. */
export async function openAside(): Promise<void> {
  await closeAside();
  await mkdir(asideFolder);
}

/**
 * Reads what lies there as the function that it is to be.
 *
 * @throws SetupError if it is none, such as one with too long a title
 */
export async function readAside(name: string): Promise<FunctionDescription> {
  return readManifest(path.join(asideFolder, name), functionsFolder).catch((error: unknown) => {
    if (!(error instanceof ManifestError)) throw error;
    throw new SetupError(error.message.replaceAll(asideFolder, functionsFolder), { cause: error });
  });
}

/** Removes it with all that is in it. */
export async function closeAside(): Promise<void> {
  await rm(asideFolder, { recursive: true, force: true });
}
