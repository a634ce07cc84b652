import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { LaunchError } from './errors.js';

const port = z.int().min(1).max(65535);

/** Keys that an app may share with the others by standing under `common`. */
const sharedKeys = {
  resourcesPaths: z.array(z.string().min(1)).optional(),
  configFilePath: z.string().min(1).optional(),
  appProtocol: z.literal('http').optional(),
  apiListenAddresses: z.string().optional(),
  placementHostAddress: z.string().optional(),
  schedulerHostAddress: z.string().optional(),
  maxBodySize: z.string().optional(),
  readBufferSize: z.string().optional(),
  appMaxConcurrency: z.int().optional(),
  enableAppHealthCheck: z.boolean().optional(),
  appHealthCheckPath: z.string().startsWith('/').optional(),
  appHealthProbeInterval: z.int().positive().optional(),
  appHealthProbeTimeout: z.int().positive().optional(),
  appHealthThreshold: z.int().positive().optional(),
  enableApiLogging: z.boolean().optional(),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'fatal']).optional(),
  appLogDestination: z.enum(['console', 'file', 'fileAndConsole']).optional(),
  daprdLogDestination: z.enum(['console', 'file', 'fileAndConsole']).optional(),
  env: z.record(z.string(), z.coerce.string()).optional(),
};

const appSchema = z.strictObject({
  ...sharedKeys,
  appID: z.string().regex(/^[^.\s]+$/, 'must have neither dots nor spaces'),
  appDirPath: z.string().min(1),
  appPort: port,
  daprHTTPPort: port,
  daprGRPCPort: port.optional(),
  daprInternalGRPCPort: port.optional(),
  metricsPort: port.optional(),
  command: z.tuple([z.string().min(1)], z.string()),
});

const runFileSchema = z.strictObject({
  version: z.literal(1),
  name: z.string().optional(),
  common: z.strictObject(sharedKeys).default({}),
  apps: z.array(appSchema).min(1),
});

/** One app and its sidecar: the file's `common` merged in, every path absolute. */
export type App = z.infer<typeof appSchema>;

/**
 * Reads a multi-app run file: https://docs.dapr.io/developing-applications/local-development/multi-app-dapr-run/multi-app-template/
 *
 * As in the Dapr CLI, an app's key wins over the same key under `common`, environments are merged, and relative paths
 * stand against the file's folder under `common` and against `appDirPath` in an app. A key that this launcher does not
 * act on is refused, never ignored.
 *
 * @throws LaunchError ERR_LAUNCH_RUN_FILE naming file, key and value
 */
export async function readRunFile(file: string): Promise<App[]> {
  const content = await readYaml(file);
  const parsed = runFileSchema.safeParse(content);
  if (!parsed.success) {
    throw new LaunchError('ERR_LAUNCH_RUN_FILE', describeIssues(file, content, parsed.error.issues));
  }
  const folder = path.dirname(path.resolve(file));
  const common = absolutePaths(parsed.data.common, folder);
  const apps = parsed.data.apps.map((app) => {
    const appDirPath = path.resolve(folder, app.appDirPath);
    const own = absolutePaths(app, appDirPath);
    return { ...common, ...own, appDirPath, env: { ...common.env, ...own.env } };
  });
  refuseDuplicates(file, apps);
  return apps;
}

async function readYaml(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LaunchError('ERR_LAUNCH_RUN_FILE', `Cannot read the run file ${file}: ${reason}`, {
      cause: error,
    });
  }
}

function absolutePaths<
  T extends { resourcesPaths?: string[] | undefined; configFilePath?: string | undefined },
>(keys: T, folder: string): T {
  const { resourcesPaths, configFilePath } = keys;
  return {
    ...keys,
    ...(resourcesPaths && { resourcesPaths: resourcesPaths.map((each) => path.resolve(folder, each)) }),
    ...(configFilePath && { configFilePath: path.resolve(folder, configFilePath) }),
  };
}

function describeIssues(file: string, content: unknown, issues: z.core.$ZodIssue[]): string {
  const lines = issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const where = issue.path.length > 0 ? ` in ${issue.path.join('.')}` : '';
      return `  ${issue.keys.join(', ')}${where}: not a key that this launcher acts on; remove it or use dapr run -f`;
    }
    const value = issue.path.reduce<unknown>(
      (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
      content,
    );
    return `  ${issue.path.join('.') || 'the file'}: ${issue.message} (found ${JSON.stringify(value)})`;
  });
  return [`The run file ${file} is not valid:`, ...lines].join('\n');
}

function refuseDuplicates(file: string, apps: App[]): void {
  const owners = new Map<string | number, string>();
  for (const app of apps) {
    const keys = [
      'appID',
      'appPort',
      'daprHTTPPort',
      'daprGRPCPort',
      'daprInternalGRPCPort',
      'metricsPort',
    ] as const;
    for (const key of keys) {
      const value = app[key];
      if (value === undefined) continue;
      const name = `${key} of ${app.appID}`;
      const other = owners.get(value);
      if (other !== undefined) {
        throw new LaunchError(
          'ERR_LAUNCH_RUN_FILE',
          `The run file ${file} gives ${value} to both ${other} and ${name}`,
        );
      }
      owners.set(value, name);
    }
  }
}
