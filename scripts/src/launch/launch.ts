import { access, constants, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { userEnvironment } from '../user-environment.js';
import { LaunchError } from './errors.js';
import { startGuard } from './guard.js';
import { makeLaunchFolder } from './launch-folder.js';
import { makeLogFile } from './log-file.js';
import { Output, type Shown } from './output.js';
import { type PortOverrides, type Ports, type Settled, settlePorts } from './ports.js';
import {
  appProcess,
  appUrl,
  type Context,
  daprdOf,
  isStartedElsewhere,
  sidecarProcess,
} from './processes.js';
import { readRunFile } from './run-file.js';
import { type ProcessDescription, SupervisedProcess } from './supervised-process.js';

export type { LaunchError, LaunchErrorCode } from './errors.js';
export type { PortOverrides, Ports } from './ports.js';
export { readRunFile } from './run-file.js';

const STOP_TIMEOUT_MS = 10_000;

/** What to launch, and how. */
export interface LaunchOptions {
  /** The multi-app run file, or the folder of its `dapr.yaml`. */
  file: string;
  /** Path of the daprd executable; the file's `runtimePath` wins over it. */
  daprd: string;
  /** Other ports than the file's; `'free'`: any. */
  ports?: PortOverrides;
  /** Added to every app's and sidecar's environment; the file's `env` wins over it. */
  env?: Readonly<Record<string, string>>;
  /** Where the processes' lines go; standard output by default. */
  output?: Writable;
  /** How they are shown; as they are by default. */
  shown?: Shown;
  /** Whether sidecars log what they do, even if the file's `logLevel` says less. */
  verbose?: boolean;
  /** Timeout for each process to become ready, ms. */
  readyTimeoutMs?: number;
  /** Gives the launch up, or stops what it started. */
  signal?: AbortSignal;
}

/** An app that serves, and its sidecar. */
export interface RunningApp extends Ports {
  /** `http://127.0.0.1:<appPort>`, or with the address that the app listens on; missing where it has no port. */
  url: string | undefined;
  /** `http://127.0.0.1:<daprHTTPPort>` */
  daprUrl: string;
  /** Process ids of the moment: they change when a process is started again, and are missing in between. */
  readonly pid: number | undefined;
  readonly daprPid: number | undefined;
}

/** An app's process, unless it is started elsewhere, and its sidecar's. */
interface Started {
  app: SupervisedProcess | undefined;
  sidecar: SupervisedProcess;
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
  const settled = await settlePorts(descriptions, options.ports);
  options.signal?.throwIfAborted();
  const contexts = await Promise.all(settled.map((each) => prepare(each, options)));
  const configFiles = new Set(descriptions.flatMap(({ configFilePath }) => configFilePath ?? []));
  const { folder, configurations } = await makeLaunchFolder(configFiles);
  const guard = startGuard(folder, STOP_TIMEOUT_MS / 1000);
  const output = new Output(
    options.output ?? process.stdout,
    descriptions.flatMap(({ appID }) => [appID, `${appID} daprd`]),
    options.shown,
  );
  const started: Started[] = [];
  const all = () => started.flatMap(({ app, sidecar }) => [app ?? [], sidecar].flat());
  const watch = () => guard.watch(all().flatMap(({ group }) => group ?? []));
  const start = (description: ProcessDescription) => {
    const { name, logFile } = description;
    if (logFile !== undefined) output.line(name, `[launcher] ${name} writes to ${logFile.path}`);
    return new SupervisedProcess(description, output, watch);
  };

  const apps = new Map<string, RunningApp>();
  for (const context of contexts) {
    const { app, ports } = context;
    // The sidecar reads the Configuration of this launch.
    const configFilePath = app.configFilePath && configurations.get(app.configFilePath);
    const logLevel = options.verbose && app.logLevel !== 'debug' ? 'info' : app.logLevel;
    const ofApp = appProcess(context);
    const running = {
      app: ofApp && start(ofApp),
      sidecar: start(sidecarProcess({ ...context, app: { ...app, configFilePath, logLevel } })),
    };
    started.push(running);
    watch();
    apps.set(app.appID, {
      ...ports,
      url: appUrl(context),
      daprUrl: `http://127.0.0.1:${ports.daprHTTPPort}`,
      get pid() {
        return running.app?.group;
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
    stopped ??= Promise.race([stopInOrder(started), delay(STOP_TIMEOUT_MS, undefined, { ref: false })]).then(
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

/**
 * Finds and makes all that an app and its sidecar are started with.
 *
 * @throws LaunchError ERR_LAUNCH_DAPRD, ERR_LAUNCH_FOLDER
 */
async function prepare({ app, ports }: Settled, options: LaunchOptions): Promise<Context> {
  const daprd = daprdOf(app, options.daprd);
  await requireDaprd(daprd);
  return {
    app,
    ports,
    daprd,
    logs: {
      app: isStartedElsewhere(app) ? undefined : await makeLogFile(app, 'app'),
      daprd: await makeLogFile(app, 'daprd'),
    },
    environment: { ...userEnvironment(), ...options.env },
    readyTimeoutMs: options.readyTimeoutMs ?? 60_000,
  };
}

/** An executable that does not work is found out when it is started: its lines say why. */
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
async function stopInOrder(started: Started[]): Promise<void> {
  for (const { app } of started) await app?.stop();
  await Promise.all(started.map(({ sidecar }) => sidecar.stop()));
}
