import { setTimeout as delay } from 'node:timers/promises';
import { type FunctionDescription, versionOf } from '@app/function-manifest';
import { fetch } from 'undici';
import { z } from 'zod';
import type { Development } from './development.js';

/** Longest that a service may take to open a function, ms. */
const MAX_WAIT_MS = 40_000;
const POLL_MS = 10;

/** What a service that serves functions says of them at `GET /healthz`. */
const Health = z.object({
  versions: z.record(z.string(), z.object({ served: z.string().nullable(), tried: z.string() })),
});

/**
 * Has the service of a function serve it as it is now.
 *
 * @param described its name and app alone if it is no longer the service's
 * @returns why it is not served; `undefined` if it is
 */
export async function reloadFunction(
  described: FunctionDescription | Pick<FunctionDescription, 'name' | 'app'>,
  { launched, untilAppsAre }: Development,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { name, app } = described;
  await untilAppsAre();
  const running = launched.apps.get(app);
  const isOwn = 'build' in described;
  if (running === undefined) return isOwn ? `There is no app ${app} in the run file.` : undefined;
  const version = isOwn ? await versionOf(described) : undefined;
  const versions = async () => {
    const answer = await fetch(`${running.url}/healthz`, { signal });
    return Health.parse(await answer.json()).versions;
  };
  const isServed = ({ [name]: own }: z.output<typeof Health>['versions']) => own?.served === version;
  // One that had nothing to serve, or was not there, starts with it.
  if (running.pid === undefined) await launched.replace(app);
  if (running.pid === undefined)
    return isOwn ? `The app ${app} does not start: its lines say why.` : undefined;
  if (isServed(await versions())) return undefined;
  process.kill(running.pid, 'SIGUSR2');
  for (const end = performance.now() + MAX_WAIT_MS; performance.now() < end; ) {
    const now = await versions();
    if (isServed(now)) return undefined;
    if (isOwn && now[name]?.tried === version) break;
    await delay(POLL_MS, undefined, { signal });
  }
  return isOwn ? `The app ${app} cannot serve it: its lines say why.` : undefined;
}
