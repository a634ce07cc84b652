import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import pWaitFor from 'p-wait-for';
import { folders } from './mounts.js';

/** How the launcher is started, if not as it is. */
export interface LauncherOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs the launcher's; it is told the folder for temporary files. */
  readonly inside?: (folder: string) => readonly string[];
  /** The Node that runs it. */
  readonly node?: string;
  /** The checkout that it is of. */
  readonly checkout?: string;
}

/** The launcher as a process of its own, as `npm start` runs it when all is set up; on free ports. */
export interface LauncherProcess {
  readonly process: ChildProcess;
  /** The folder that all of them have for temporary files. */
  readonly folder: string;
  /** What it and all that it started have written so far. */
  output(): string;
  /** Where web-port listens, when all of them serve. */
  url(): Promise<string>;
  /** Settles when it has ended, with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** Starts the launcher; if it is left after the test it is killed. */
export async function spawnLauncher(
  t: TestContext,
  {
    env = {},
    inside = () => [],
    node = process.execPath,
    checkout = folders.repository,
  }: LauncherOptions = {},
): Promise<LauncherProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'launcher-'));
  const main = join(checkout, 'scripts/dist/launch/main.js');
  const [command = '', ...args] = [...inside(folder), node, main, '--free-ports'];
  const child = spawn(command, args, {
    env: { ...process.env, TMPDIR: folder, LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (written += chunk));
  const ended = once(child, 'exit').then(([code, signal]: (number | string)[]) => code ?? signal ?? '');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  const ready = /Ready in .*: (http:\/\/localhost:\d+)\//;
  const url = () =>
    pWaitFor<string>(
      () => {
        const found = ready.exec(written)?.[1];
        if (child.exitCode !== null) throw new Error(`it ended: ${written}`);
        return found !== undefined && pWaitFor.resolveWith(found.replace('localhost', '127.0.0.1'));
      },
      { interval: 20, timeout: 60_000 },
    ).catch((cause: unknown) => {
      throw new Error(`the launcher did not get ready; it wrote:\n${written}`, { cause });
    });
  return { process: child, folder, output: () => written, url, ended };
}
