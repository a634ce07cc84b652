import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import pWaitFor from 'p-wait-for';
import { folders } from './mounts.js';
import { childrenOf, commandLineOf, environmentOf, familyOf, runs } from './processes.js';

const READY_WITHIN_MS = 60_000;

/** How the launcher is started, if not as it is. */
export interface LauncherOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The run file; the application's own by default. */
  readonly file?: string;
  /** Further arguments. */
  readonly args?: readonly string[];
  /** A command that runs the launcher's; it is told the folder for temporary files. */
  readonly inside?: (folder: string) => readonly string[];
  /** The Node that runs it. */
  readonly node?: string;
  /** The checkout that it is of. */
  readonly checkout?: string;
}

/** An app that serves, and its sidecar. */
export interface RunningApp {
  /** Where it listens: `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly daprUrl: string;
  /** Process ids of the moment: they change when a process is started again, and are missing in between. */
  readonly pid: number | undefined;
  readonly daprPid: number | undefined;
}

/** The launcher as a process of its own, as `npm start` runs it when all is set up; on free ports. */
export interface LauncherProcess {
  readonly process: ChildProcess;
  /** The folder that all of them have for temporary files. */
  readonly folder: string;
  /** What it and all that it started have written so far. */
  output(): string;
  /** The apps by their ids, in the run file's order, when all of them serve. */
  apps(): Promise<ReadonlyMap<string, RunningApp>>;
  /** Where web-port listens, when all of them serve. */
  url(): Promise<string>;
  /** Settles when it has ended, with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Asks it to stop, and checks that it does so well and that no process is left of what it started. */
  stop(): Promise<void>;
  /** Kills it if it is left, and removes the folder. */
  remove(): Promise<void>;
}

/** Starts the launcher; if it is left after the test it is killed. */
export async function spawnLauncher(t: TestContext, options: LauncherOptions = {}): Promise<LauncherProcess> {
  const launcher = await startLauncher({ ...options, env: { LOG_LEVEL: 'warn', ...options.env } });
  t.after(() => launcher.remove());
  return launcher;
}

/** Starts the launcher, which gets SIGTERM when this process ends. */
export async function startLauncher({
  env = {},
  file,
  args: further = [],
  inside = () => [],
  node = process.execPath,
  checkout = folders.repository,
}: LauncherOptions = {}): Promise<LauncherProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'launcher-'));
  const main = join(checkout, 'scripts/dist/launch/main.js');
  const endsWithParent = ['setpriv', '--pdeathsig', 'TERM'];
  const runFile = file === undefined ? [] : ['--file', file];
  const [command = '', ...args] = [
    ...endsWithParent,
    ...inside(folder),
    node,
    main,
    '--free-ports',
    ...runFile,
    ...further,
  ];
  const child = spawn(command, args, {
    env: { ...process.env, TMPDIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (written += chunk));
  const ended = once(child, 'close').then(([code, signal]: (number | string)[]) => code ?? signal ?? '');

  const untilReady = () =>
    pWaitFor(
      () => {
        if (child.exitCode !== null) throw new Error('it ended');
        return /^Ready in /m.test(written);
      },
      { interval: 10, timeout: READY_WITHIN_MS },
    ).catch((cause: unknown) => {
      throw new Error(`the launcher did not get ready; it wrote:\n${written}`, { cause });
    });
  const apps = async () => {
    await untilReady();
    const lines = written.matchAll(/^ {2}(\S+): (http:\S+), sidecar (http:\S+)$/gm);
    return new Map([...lines].map(([, id = '', url = '', daprUrl = '']) => [id, appOf(id, url, daprUrl)]));
  };
  const appOf = (id: string, url: string, daprUrl: string): RunningApp => {
    const find = (isIt: (pid: number) => boolean) =>
      childrenOf(child.pid ?? 0).find(({ pid }) => isIt(pid))?.pid;
    const isSidecar = (pid: number) => commandLineOf(pid).includes(`--app-id=${id}`);
    return {
      url,
      daprUrl,
      get pid() {
        return find((pid) => environmentOf(pid).includes(`APP_ID=${id}`) && !isSidecar(pid));
      },
      get daprPid() {
        return find(isSidecar);
      },
    };
  };
  return {
    process: child,
    folder,
    output: () => written,
    apps,
    url: async () => (await apps()).get('web-port')?.url ?? assert.fail(written),
    ended,
    stop: async () => {
      const [, ...started] = familyOf(child.pid ?? 0);
      child.kill('SIGTERM');
      assert.equal(await ended, 0, written);
      assert.deepEqual(started.filter(runs), [], 'processes are left');
    },
    remove: async () => {
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts the launcher and waits until all its apps serve; `stop` ends all, and checks that nothing is left. */
export async function startApps(options: Parameters<typeof startLauncher>[0]) {
  const launcher = await startLauncher(options);
  try {
    return {
      apps: await launcher.apps(),
      folder: launcher.folder,
      output: launcher.output,
      stop: async () => {
        try {
          await launcher.stop();
        } finally {
          await launcher.remove();
        }
      },
    };
  } catch (error) {
    await launcher.remove();
    throw error;
  }
}
