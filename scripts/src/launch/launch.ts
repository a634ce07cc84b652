import { access, constants, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { LaunchError } from './errors.js';
import { startGuard } from './guard.js';
import { makeLaunchFolder } from './launch-folder.js';
import { Output } from './output.js';
import { type PortOverrides, type Ports, settlePorts } from './ports.js';
import { appProcess, sidecarProcess } from './processes.js';
import { readRunFile } from './run-file.js';
import { SupervisedProcess } from './supervised-process.js';

export type { LaunchError, LaunchErrorCode } from './errors.js';
export type { PortOverrides, Ports } from './ports.js';

const STOP_LIMIT_MS = 10_000;

/** What to launch, and how. */
export interface LaunchOptions {
  /** The multi-app run file. */
  file: string;
  /** Path of the daprd executable. */
  daprd: string;
  /** Other ports than the file's; `'free'`: any. */
  ports?: PortOverrides;
  /** Added to every app's and sidecar's environment; the file's `env` wins over it. */
  env?: Readonly<Record<string, string>>;
  /** Where the processes' lines go; standard output by default. */
  output?: Writable;
  /** Longest that one process may take until it serves, ms. */
  readyTimeoutMs?: number;
  /** Gives the launch up, or stops what it started. */
  signal?: AbortSignal;
}

/** An app that serves, and its sidecar. */
export interface RunningApp extends Ports {
  /** `http://127.0.0.1:<appPort>` */
  url: string;
  /** `http://127.0.0.1:<daprHTTPPort>` */
  daprUrl: string;
  /** Process ids of the moment: they change when a process is started again, and are missing in between. */
  readonly pid: number | undefined;
  readonly daprPid: number | undefined;
}

/** A launch whose apps all serve. */
export interface Launched {
  /** By app id, in the file's order. */
  apps: ReadonlyMap<string, RunningApp>;
  /** Resolves when all has stopped; rejects with a LaunchError when a process that kept ending was given up. */
  done: Promise<void>;
  /** Stops the apps in the file's order, then the sidecars; what has not ended after 10 s is killed. */
  stop(): Promise<void>;
}

/**
 * Starts every app of a multi-app run file with its own daprd, and resolves when all of them serve. From then on a
 * process that ends is started again. Should this process exit, what it started is killed; should it be killed itself,
 * what it started is ended all the same.
 *
 * @throws LaunchError, after everything that was started has ended
 */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const descriptions = await readRunFile(options.file);
  const ports = await settlePorts(descriptions, options.ports);
  options.signal?.throwIfAborted();
  await requireDaprd(options.daprd);
  const configFiles = new Set(descriptions.flatMap(({ configFilePath }) => configFilePath ?? []));
  const { folder, configurations } = await makeLaunchFolder(configFiles);
  const guard = startGuard(folder, STOP_LIMIT_MS / 1000);
  const output = new Output(
    options.output ?? process.stdout,
    descriptions.flatMap(({ appID }) => [appID, `${appID} daprd`]),
  );
  const started: { app: SupervisedProcess; sidecar: SupervisedProcess }[] = [];
  const all = () => started.flatMap(({ app, sidecar }) => [app, sidecar]);
  const watch = () => guard.watch(all().flatMap(({ group }) => group ?? []));

  const apps = new Map<string, RunningApp>();
  for (const app of descriptions) {
    const own = ports.get(app.appID);
    if (own === undefined) continue;
    const environment = { ...process.env, ...options.env };
    const readyTimeoutMs = options.readyTimeoutMs ?? 60_000;
    const configFilePath = app.configFilePath && configurations.get(app.configFilePath);
    const context = { app: { ...app, configFilePath }, ports: own, environment, readyTimeoutMs };
    const running = {
      app: new SupervisedProcess(appProcess(context), output, watch),
      sidecar: new SupervisedProcess(sidecarProcess(context, options.daprd), output, watch),
    };
    started.push(running);
    watch();
    apps.set(app.appID, {
      ...own,
      url: `http://127.0.0.1:${own.appPort}`,
      daprUrl: `http://127.0.0.1:${own.daprHTTPPort}`,
      get pid() {
        return running.app.group;
      },
      get daprPid() {
        return running.sidecar.group;
      },
    });
  }

  const kill = () => {
    for (const each of all()) each.kill();
  };
  const onExit = () => {
    kill();
    guard.watch([]);
  };
  process.once('exit', onExit);
  const end = async () => {
    kill();
    await Promise.allSettled(all().map(({ done }) => done));
    process.off('exit', onExit);
    await guard.release();
    await rm(folder, { recursive: true, force: true });
  };
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= Promise.race([stopInOrder(started), delay(STOP_LIMIT_MS, undefined, { ref: false })]).then(
      end,
    );
    return stopped;
  };

  const ended = Promise.all(all().map(({ done }) => done));
  const done = ended.then(stop, async (error) => {
    await stop();
    throw error;
  });
  done.catch(() => {});
  options.signal?.addEventListener('abort', () => void stop(), { once: true });
  if (options.signal?.aborted) void stop();
  await Promise.race([Promise.all(all().map(({ ready }) => ready)), done]);
  options.signal?.throwIfAborted();
  return { apps, done, stop };
}

/** One that is there but does not run says why itself, when it is started. */
async function requireDaprd(file: string): Promise<void> {
  await access(file, constants.X_OK).catch((cause: Error) => {
    throw new LaunchError(
      'ERR_LAUNCH_DAPRD',
      `Nothing was started: there is no daprd that can be run at ${file} (${cause.message}). Run \`npm run setup\`, or name another one with --daprd or DAPRD.`,
      { cause },
    );
  });
}

/** Callers come before what they call in the file, so requests under way can still be answered. */
async function stopInOrder(started: { app: SupervisedProcess; sidecar: SupervisedProcess }[]): Promise<void> {
  for (const { app } of started) await app.stop();
  await Promise.all(started.map(({ sidecar }) => sidecar.stop()));
}
