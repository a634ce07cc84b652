import { type ExecFileException, execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** A WasmEdge that can run functions. */
export interface Runtime {
  /** Path of the `wasmedge` executable. */
  readonly wasmedge: string;
  /** Its version, as in `0.14.1`. */
  readonly version: string;
  /** Arguments that make it run ahead-of-time compiled code as such. */
  readonly runArguments: readonly string[];
  /** Names of the plug-ins that it has loaded, as in `wasi_nn`. */
  readonly plugins: readonly string[];
}

/**
 * Why there is no runtime.
 *
 * - `ERR_RUNTIME_NOT_FOUND`: there is no such executable.
 * - `ERR_RUNTIME_UNFIT`: it does not run, or is too old.
 * - `ERR_RUNTIME_PLUGIN`: it has not loaded a plug-in that the function needs.
 */
export type RuntimeErrorCode = 'ERR_RUNTIME_NOT_FOUND' | 'ERR_RUNTIME_UNFIT' | 'ERR_RUNTIME_PLUGIN';

/** No WasmEdge that can be used; the message says which was looked at. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly code: RuntimeErrorCode;

  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The oldest WasmEdge whose plug-in interface and command line are the ones used here. */
export const MIN_RUNTIME_VERSION = '0.14.0';

const VERSION_TIMEOUT_MS = 10_000;
const execute = promisify(execFile);

/**
 * Where a WasmEdge may be installed, in the order of preference: the folders of PATH, and the official
 * installer's folder (https://wasmedge.org/docs/start/install).
 */
export function installedRuntimes(environment: NodeJS.ProcessEnv = process.env): string[] {
  const folders = (environment.PATH ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  return [...new Set([...folders, path.join(homedir(), '.wasmedge', 'bin')])].map((folder) =>
    path.join(folder, 'wasmedge'),
  );
}

/**
 * Finds the WasmEdge to use: the one at `wasmedge` if that is given, else the first that is installed.
 *
 * @param wasmedge path of the executable
 * @param pluginFolder folder of plug-ins for it to load, besides its own
 * @throws RuntimeError `ERR_RUNTIME_NOT_FOUND`, `ERR_RUNTIME_UNFIT`
 */
export async function findRuntime(wasmedge?: string, pluginFolder?: string): Promise<Runtime> {
  for (const candidate of wasmedge === undefined ? installedRuntimes() : [wasmedge]) {
    if (await isExecutable(candidate)) return inspectRuntime(candidate, pluginFolder);
  }
  const where = wasmedge ?? 'PATH and ~/.wasmedge/bin';
  throw new RuntimeError(
    'ERR_RUNTIME_NOT_FOUND',
    `No WasmEdge found at ${where}: run \`npm run setup\`, or set WASMEDGE to the path of a wasmedge executable.`,
  );
}

/** Asks an executable what it is. */
async function inspectRuntime(wasmedge: string, pluginFolder?: string): Promise<Runtime> {
  const env =
    pluginFolder === undefined ? process.env : { ...process.env, WASMEDGE_PLUGIN_PATH: pluginFolder };
  const { stdout } = await execute(wasmedge, ['--version'], { env, timeout: VERSION_TIMEOUT_MS }).catch(
    (cause: ExecFileException) => {
      const plugins = pluginFolder === undefined ? '' : ` with the plug-ins in ${pluginFolder}`;
      const how = cause.signal ? `it was ended by ${cause.signal}` : cause.message.trim();
      throw new RuntimeError(
        'ERR_RUNTIME_UNFIT',
        `${wasmedge} does not run${plugins}: ${how}. Run \`npm run setup\`, or name others with WASMEDGE and WASMEDGE_PLUGIN_PATH.`,
        { cause },
      );
    },
  );
  const version = /\bversion (\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  if (version === undefined || !isAtLeast(version, MIN_RUNTIME_VERSION)) {
    throw new RuntimeError(
      'ERR_RUNTIME_UNFIT',
      `${wasmedge} is WasmEdge ${version ?? `of an unknown version (${stdout.trim()})`}, but at least ${MIN_RUNTIME_VERSION} is needed.`,
    );
  }
  const plugins = [...stdout.matchAll(/\(plugin "([^"]+)"\)/g)].map(([, name = '']) => name);
  return { wasmedge, version, runArguments: aotArguments(version), plugins };
}

/** Until 0.16 compiled code is run as such; from 0.17 it is interpreted unless the run mode says otherwise (https://github.com/WasmEdge/WasmEdge/releases). */
export function aotArguments(version: string): string[] {
  return isAtLeast(version, '0.17.0') ? ['--run-mode=aot'] : [];
}

function isAtLeast(version: string, least: string): boolean {
  return version.localeCompare(least, 'en', { numeric: true }) >= 0;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
