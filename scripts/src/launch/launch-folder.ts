import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LaunchError } from './errors.js';
import { ownNameResolution } from './name-resolution.js';

/** What one launch writes to the disk: a folder of its own, removed at its end, with the Configurations whose names are resolved there. */
export class LaunchFolder {
  readonly path: string;
  readonly #configurations = new Map<string, Promise<string>>();

  private constructor(path: string) {
    this.path = path;
  }

  /** @throws LaunchError ERR_LAUNCH_FOLDER when it cannot be written */
  static async make(): Promise<LaunchFolder> {
    return new LaunchFolder(await mkdtemp(path.join(tmpdir(), 'dapr-launch-')).catch(cannotWrite));
  }

  /**
   * The Configuration to use in place of one of the run file's.
   *
   * @throws LaunchError ERR_LAUNCH_FOLDER when the folder cannot be written; ERR_LAUNCH_RUN_FILE when the Configuration
   *   cannot be read
   */
  configurationFor(file: string): Promise<string> {
    const known = this.#configurations.get(file);
    if (known !== undefined) return known;
    const made = ownNameResolution(file, this.path).catch((error: unknown) => {
      this.#configurations.delete(file);
      return error instanceof LaunchError ? Promise.reject(error) : cannotWrite(error);
    });
    this.#configurations.set(file, made);
    return made;
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
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
