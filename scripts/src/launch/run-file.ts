import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { LaunchError } from './errors.js';
import { type AppKeys, appIdSchema, runFileSchema, type SharedKeys } from './run-file-keys.js';

const TEMPLATE =
  'https://docs.dapr.io/developing-applications/local-development/multi-app-dapr-run/multi-app-template/';

/** One app and its sidecar: the file's `common` merged in, every path absolute, older keys read as today's. */
export type App = AppKeys & { appID: string; env: Record<string, string> };

/**
 * Reads a multi-app run file, or the `dapr.yaml` of a folder.
 *
 * As in the Dapr CLI, an app's key wins over the same key under `common`,
 * environments are merged, and relative paths stand against the file's folder under `common` and against `appDirPath`
 * in an app. A key that the CLI does not have is refused, never ignored: docs/decisions/run-files.md
 *
 * @throws LaunchError ERR_LAUNCH_RUN_FILE naming file, key and value
 */
export async function readRunFile(fileOrFolder: string): Promise<App[]> {
  const isFolder = await stat(fileOrFolder)
    .then((found) => found.isDirectory())
    .catch(() => false);
  const file = isFolder ? path.join(fileOrFolder, 'dapr.yaml') : fileOrFolder;
  const content = withoutBlanks(await readYaml(file));
  const parsed = runFileSchema.safeParse(content);
  if (!parsed.success) throw runFileError(describeIssues(file, content, parsed.error.issues));
  const folder = path.dirname(path.resolve(file));
  const common = settled(parsed.data.common, folder);
  const apps = parsed.data.apps.map((app) => {
    const appDirPath = path.resolve(folder, app.appDirPath);
    const own = settled(app, appDirPath);
    const installation = own.runtimePath ?? common.runtimePath ?? homedir();
    const merged = {
      ...conventional(path.join(installation, '.dapr'), 'components'),
      ...common,
      ...conventional(path.join(appDirPath, '.dapr'), 'resources'),
      ...own,
      appDirPath,
      appID: app.appID ?? idOf(file, appDirPath),
      env: { ...common.env, ...own.env },
    };
    return { ...merged, ...secured(merged) };
  });
  refuseSameIds(file, apps);
  return apps;
}

async function readYaml(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw runFileError(`Cannot read the run file ${file}: ${reason}`, error);
  }
}

/** To the Dapr CLI a key with nothing behind it, or with spaces alone, is one that is missing. */
function withoutBlanks(content: unknown): unknown {
  if (Array.isArray(content)) return content.map(withoutBlanks);
  if (typeof content !== 'object' || content === null) return content;
  const isBlank = (value: unknown) => value === null || (typeof value === 'string' && value.trim() === '');
  return Object.fromEntries(
    Object.entries(content)
      .filter(([, value]) => !isBlank(value))
      .map(([key, value]) => [key, key === 'env' ? value : withoutBlanks(value)]),
  );
}

/** The keys with absolute paths, and with what stands under older keys under today's. */
function settled<T extends SharedKeys>(keys: T, folder: string): T {
  const absolute = (each: string) => path.resolve(folder, each.replace(/^~(?=\/|$)/, homedir()));
  const resourcesPaths = [...(keys.resourcesPaths ?? []), keys.resourcesPath].filter(
    (each) => each !== undefined,
  );
  const runtimePath = keys.runtimePath ?? keys.daprPath;
  const { daprHTTPMaxRequestSize: megabytes, daprHTTPReadBufferSize: kilobytes } = keys;
  return {
    ...(megabytes !== undefined && { maxBodySize: `${megabytes}Mi` }),
    ...(kilobytes !== undefined && { readBufferSize: `${kilobytes}Ki` }),
    ...keys,
    ...(resourcesPaths.length > 0 && { resourcesPaths: resourcesPaths.map(absolute) }),
    ...(keys.configFilePath !== undefined && { configFilePath: absolute(keys.configFilePath) }),
    ...(runtimePath !== undefined && { runtimePath: absolute(runtimePath) }),
  };
}

/** What the Dapr CLI takes from a folder `.dapr` where a run file names nothing. */
function conventional(
  folder: string,
  resources: string,
): Pick<SharedKeys, 'resourcesPaths' | 'configFilePath'> {
  const resourcesPath = path.join(folder, resources);
  const configFilePath = path.join(folder, 'config.yaml');
  return {
    ...(existsSync(resourcesPath) && { resourcesPaths: [resourcesPath] }),
    ...(existsSync(configFilePath) && { configFilePath }),
  };
}

function secured({ appSSL, appProtocol }: SharedKeys): Pick<SharedKeys, 'appProtocol'> {
  return appSSL ? { appProtocol: appProtocol?.startsWith('grpc') ? 'grpcs' : 'https' } : {};
}

/** As in the Dapr CLI, the name of the app's folder. */
function idOf(file: string, appDirPath: string): string {
  const { data: appID } = appIdSchema.safeParse(path.basename(appDirPath));
  if (appID !== undefined) return appID;
  const problem = `the folder's name ${path.basename(appDirPath)} can be no app's id; give the app an appID`;
  throw runFileError(`The run file ${file} is not valid:\n  apps of ${appDirPath}: ${problem}`);
}

function describeIssues(file: string, content: unknown, issues: z.core.$ZodIssue[]): string {
  const lines = issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const where = issue.path.length > 0 ? ` in ${issue.path.join('.')}` : '';
      return `  ${issue.keys.join(', ')}${where}: not a key of the Dapr CLI there; correct or remove it (${TEMPLATE})`;
    }
    const value = issue.path.reduce<unknown>(
      (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
      content,
    );
    return `  ${issue.path.join('.') || 'the file'}: ${issue.message} (found ${JSON.stringify(value)})`;
  });
  return [`The run file ${file} is not valid:`, ...lines].join('\n');
}

function refuseSameIds(file: string, apps: App[]): void {
  const ids = apps.map(({ appID }) => appID);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw runFileError(`The run file ${file} gives the appID ${twice} to two apps`);
}

function runFileError(message: string, cause?: unknown): LaunchError {
  return new LaunchError('ERR_LAUNCH_RUN_FILE', message, { cause });
}
