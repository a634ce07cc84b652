import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LaunchError } from './errors.js';
import type { App } from './run-file.js';

/** The file that a process's output goes to. */
export interface LogFile {
  readonly path: string;
  /** Whether its lines go nowhere else. */
  readonly alone: boolean;
  /** Resolves when the bytes are written, or lost because there is no room for them. */
  write(bytes: string | Uint8Array): Promise<void>;
}

/**
 * Makes the file that the run file's `appLogDestination` or `daprdLogDestination` asks for, where the Dapr CLI has it:
 * `<appDirPath>/.dapr/logs/`.
 *
 * @returns `undefined` if all goes to the console
 * @throws LaunchError ERR_LAUNCH_FOLDER when it cannot be written
 */
export async function makeLogFile(app: App, whose: 'app' | 'daprd'): Promise<LogFile | undefined> {
  const key = `${whose}LogDestination` as const;
  const { [key]: destination = 'console' } = app;
  if (destination === 'console') return undefined;
  const time = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const file = path.join(app.appDirPath, '.dapr/logs', `${app.appID}_${whose}_${time}.log`);
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, '');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LaunchError(
      'ERR_LAUNCH_FOLDER',
      `Nothing was started: the log ${file} cannot be written (${reason}). Make its folder writable, or set ${key}: console in the run file.`,
      { cause },
    );
  }
  return {
    path: file,
    alone: destination === 'file',
    write: (bytes) => appendFile(file, bytes).catch(() => {}),
  };
}

/** Where to read what a process wrote. */
export function linesOf(name: string, logFile: LogFile | undefined): string {
  return logFile?.alone ? `its lines in ${logFile.path}` : `its lines above, marked "${name}",`;
}
