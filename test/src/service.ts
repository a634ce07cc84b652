import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import pWaitFor from 'p-wait-for';
import { groupRuns } from './processes.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A service by itself, without a sidecar: `node dist/server.js` on a free port. */
export interface ServiceProcess {
  readonly url: string;
  readonly process: ChildProcess;
  /** What it has written so far. */
  output(): string;
  /** Settles when it has ended, with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/**
 * Starts a service; it is ended, and checked to be gone, after the test.
 *
 * @param inside a command that runs the service's, if it is not run as it is
 */
export async function spawnService(
  t: TestContext,
  name: string,
  env: Record<string, string> = {},
  inside: readonly string[] = [],
): Promise<ServiceProcess> {
  // Below those that Linux gives to outgoing connections, of which these tests make many.
  const port = await getPort({ port: Array.from({ length: 100 }, () => randomInt(20_000, 32_768)) });
  const [command = process.execPath, ...args] = [...inside, process.execPath, 'dist/server.js'];
  const child = spawn(command, args, {
    cwd: `${root}/${name}`,
    env: { ...process.env, PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (written += chunk));
  const ended = once(child, 'close').then(([code, signal]: (number | string)[]) => code ?? signal ?? '');
  t.after(async () => {
    child.kill('SIGTERM');
    await ended;
    await untilGone(name, child.pid);
  });
  return { url: `http://127.0.0.1:${port}`, process: child, output: () => written, ended };
}

/** Starts a service and waits until it is healthy. */
export async function startService(
  t: TestContext,
  name: string,
  env: Record<string, string> = {},
  inside: readonly string[] = [],
) {
  const service = await spawnService(t, name, env, inside);
  await pWaitFor(() => isHealthy(service.url), { interval: 20, timeout: 20_000 }).catch((cause: unknown) => {
    throw new Error(`${name} did not get healthy; it wrote:\n${service.output()}`, { cause });
  });
  return service;
}

/** What a process that ended has left in its group is killed with it, and gone a moment later. */
async function untilGone(name: string, group = 0): Promise<void> {
  await pWaitFor(() => !groupRuns(group), { interval: 5, timeout: 5000 }).catch((cause: unknown) => {
    throw new Error(`something of ${name} is left`, { cause });
  });
}

async function isHealthy(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
}
