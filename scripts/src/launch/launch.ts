import { access, constants } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { userEnvironment } from '../user-environment.js';
import { LaunchError } from './errors.js';
import { startGuard } from './guard.js';
import { LaunchFolder } from './launch-folder.js';
import { makeLogFile } from './log-file.js';
import { Output, type Shown } from './output.js';
import { type PortOverrides, type Settled, settlePorts } from './ports.js';
import { type Context, daprdOf, isStartedElsewhere, sidecarName } from './processes.js';
import { type App, readRunFile } from './run-file.js';
import { type RunningApp, RunningApps } from './running-apps.js';
import { type ProcessDescription, promiseParts } from './supervised-process.js';

export type { LaunchError, LaunchErrorCode } from './errors.js';
export type { PortOverrides, Ports } from './ports.js';
export { readRunFile } from './run-file.js';
export type { RunningApp } from './running-apps.js';

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
  /** Where all of them send their spans, if anywhere: it is started before them, and ends after them. */
  collector?: ProcessDescription | undefined;
  /** Where the processes' lines go; standard output by default. */
  output?: Writable;
  /** How they are shown; as they are by default. */
  shown?: Shown;
  /** Whether sidecars log what they do, even if the file's `logLevel` says less. */
  verbose?: boolean;
  /** Timeout for each process to become ready, ms. */
  readyTimeoutMs?: number;
  /** Whether an app's process can be replaced by another while it serves. */
  areReplaceable?: boolean;
  /** Gives the launch up, or stops what it started. */
  signal?: AbortSignal;
}

/** A launch whose apps all serve. */
export interface Launched {
  /** By app id, in the file's order. */
  apps: ReadonlyMap<string, RunningApp>;
  /** Resolves when all has stopped; rejects with a LaunchError when a process that kept ending was given up. */
  done: Promise<void>;
  /**
   * Reads the run file again: starts apps that are new or changed, and stops those that are gone or were other ones.
   *
   * @returns their ids
   * @throws LaunchError as `launch` does; what runs goes on
   */
  update(): Promise<{ added: string[]; removed: string[] }>;
  /** Puts another process in the place of an app's, if `areReplaceable`; see `RunningApps.replace`. */
  replace(id: string): Promise<boolean>;
  /** Writes a line among those of the apps. */
  say(name: string, text: string): void;
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
  const folder = await LaunchFolder.make();
  const inFolder = async ({ configFilePath }: App) =>
    configFilePath && (await folder.configurationFor(configFilePath));
  try {
    for (const app of descriptions) await inFolder(app);
  } catch (error) {
    await folder.remove();
    throw error;
  }
  const guard = startGuard(folder.path, STOP_TIMEOUT_MS / 1000);
  const output = new Output(
    options.output ?? process.stdout,
    [
      ...descriptions.flatMap((app) => [app.appID, sidecarName(app)]),
      ...(options.areReplaceable ? ['dev'] : []),
      ...(options.collector ? [options.collector.name] : []),
    ],
    options.shown,
  );
  const running = new RunningApps(output, guard, options.areReplaceable ?? false);
  const add = async (context: Context) => {
    const { app } = context;
    // The sidecar reads the Configuration of this launch.
    const configFilePath = await inFolder(app);
    const logLevel = options.verbose && app.logLevel !== 'debug' ? 'info' : app.logLevel;
    return running.add(context, { ...context, app: { ...app, configFilePath, logLevel } });
  };

  const onExit = () => {
    running.kill();
    guard.watch([]);
  };
  process.once('exit', onExit);
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= Promise.race([running.stop(), delay(STOP_TIMEOUT_MS, undefined, { ref: false })]).then(end);
    return stopped;
  };
  const { promise: ended, resolve: onEnded } = promiseParts();
  const end = async () => {
    running.kill();
    await running.ended();
    process.off('exit', onExit);
    await guard.release();
    await folder.remove();
    onEnded();
  };
  const done = Promise.race([ended, running.failed]).catch(async (error) => {
    await stop();
    throw error;
  });
  done.catch(() => {});
  options.signal?.addEventListener('abort', () => void stop(), { once: true });
  if (options.signal?.aborted) void stop();
  const starting = async () => {
    if (options.collector) await running.startCollector(options.collector);
    const added: { ready: Promise<unknown> }[] = [];
    for (const context of contexts) added.push(await add(context));
    await Promise.all(added.map(({ ready }) => ready));
  };
  try {
    await Promise.race([starting(), done]);
  } catch (error) {
    await stop();
    throw error;
  }
  options.signal?.throwIfAborted();
  let known = descriptions;
  return {
    get apps() {
      return running.apps;
    },
    done,
    stop,
    say: (name, text) => output.line(name, text),
    replace: (id) => running.replace(id),
    update: async () => {
      const wanted = await readRunFile(options.file);
      const isIn = (apps: readonly App[]) => {
        const texts = new Set(apps.map((app) => JSON.stringify(app)));
        return (app: App) => texts.has(JSON.stringify(app));
      };
      const gone = known.filter((app) => !isIn(wanted)(app));
      const fresh = wanted.filter((app) => !isIn(known)(app));
      for (const { appID } of gone) await running.remove(appID);
      known = known.filter(isIn(wanted));
      const { ports } = options;
      const ids = new Set(fresh.map(({ appID }) => appID));
      const own = typeof ports === 'object' ? Object.entries(ports).filter(([id]) => ids.has(id)) : [];
      for (const each of await settlePorts(fresh, ports === 'free' ? ports : Object.fromEntries(own))) {
        const { ready } = await add(await prepare(each, options));
        known = [...known, each.app];
        await ready;
      }
      return { added: fresh.map(({ appID }) => appID), removed: gone.map(({ appID }) => appID) };
    },
  };
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
