import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LaunchError } from './errors.js';
import { ownNameResolution } from './name-resolution.js';

/** What one launch writes to the disk: a folder of its own, removed at its end. */
export interface LaunchFolder {
  readonly folder: string;
  /** Of each Configuration of the run file: the one to use. */
  readonly configurations: ReadonlyMap<string, string>;
}

/**
 * Makes the folder, with the Configurations whose names are resolved in it.
 *
 * @throws LaunchError ERR_LAUNCH_FOLDER when it cannot be written; ERR_LAUNCH_RUN_FILE when a Configuration cannot be read
 */
export async function makeLaunchFolder(configFiles: Iterable<string>): Promise<LaunchFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'dapr-launch-')).catch(cannotWrite);
  try {
    const configurations = new Map<string, string>();
    for (const file of configFiles) configurations.set(file, await ownNameResolution(file, folder));
    return { folder, configurations };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    return error instanceof LaunchError ? Promise.reject(error) : cannotWrite(error);
  }
}

function cannotWrite(cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new LaunchError(
    'ERR_LAUNCH_FOLDER',
    `Nothing was started: the folder for temporary files, ${tmpdir()}, cannot be written (${reason}). Make room there, or set TMPDIR to a folder that has some.`,
    { cause },
  );
}
