import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LauncherOptions, type RunningApp, startApps } from './launcher.js';
import { folders } from './mounts.js';

/** An app of a run file. */
export interface RunFileApp {
  readonly appID: string;
  readonly appPort: number;
  /** The folder that its command is run in, one of the repository's. */
  readonly folder: string;
  /** Arguments of Node. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Apps with real sidecars, on free ports. */
export interface RunningApps {
  readonly apps: ReadonlyMap<string, RunningApp>;
  /** What all of them have written so far. */
  output(): string;
  stop(): Promise<void>;
}

/**
 * Starts the apps of a run file of a test's own; resolves when all of them serve.
 *
 * @param options `env` of apps and sidecars, `args` of the launcher
 */
export async function startRunFile(
  apps: readonly RunFileApp[],
  common: Readonly<Record<string, unknown>> = {},
  options: Pick<LauncherOptions, 'env' | 'args'> = {},
): Promise<RunningApps> {
  const folder = await mkdtemp(join(tmpdir(), 'run-file-'));
  const file = join(folder, 'dapr.yaml');
  const components = join(folders.repository, 'components');
  const content = {
    version: 1,
    common: {
      resourcesPaths: [components],
      configFilePath: join(components, 'config.yaml'),
      logLevel: 'error',
      ...common,
    },
    apps: apps.map(({ folder, command, ...app }) => ({
      ...app,
      appDirPath: join(folders.repository, folder),
      command: [process.execPath, ...command],
    })),
  };
  // Every JSON text is YAML.
  await writeFile(file, JSON.stringify(content));
  try {
    return await startApps({ ...options, file });
  } finally {
    // The launcher has read it.
    await rm(folder, { recursive: true });
  }
}
