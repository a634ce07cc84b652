import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { App } from '../launch/run-file.js';
import { root } from '../paths.js';
import { SetupError } from '../setup/errors.js';

/** What an image is called where nobody gives it another name. */
export const IMAGE_NAME = 'dapr-wasmedge';

/** Where an image has the repository. */
export const IMAGE_ROOT = '/app';

/** Whom services run as, user and group: nobody of the machine's. */
export const IMAGE_USER = 65_532;

/** The version of the package, which is that of an image, too. */
export async function version(): Promise<string> {
  const file = await readFile(path.join(root, 'package.json'), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(file)).version;
}

/** The name and tag of an image that nobody named. */
export async function defaultTag(): Promise<string> {
  return `${IMAGE_NAME}:${await version()}`;
}

/**
 * Where an image has the folder of an app.
 *
 * @throws SetupError if the folder is not in the repository, and so in no image
 */
export function folderInImage({ appID, appDirPath }: App): string {
  const relative = path.relative(root, appDirPath);
  if (relative.split(path.sep)[0] !== '..') return path.posix.join(IMAGE_ROOT, relative);
  throw new SetupError(
    `The app ${appID} has the folder ${appDirPath}, which no image has: it has to be in ${root}.`,
  );
}
