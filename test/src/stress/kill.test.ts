import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { after, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import sharp from 'sharp';
import { startApplication } from '../application.js';
import { allGone, childrenOf, familyOf, type ProcessIdentity } from '../processes.js';
import { APIS, type Api } from './checked-answer.js';
import { isLong } from './length.js';
import { SteadyLoad } from './steady-load.js';

const TIMEOUT_MS = 8000;
/** The promise: after so long a killed part serves again, by itself. */
const BACK_WITHIN_MS = 5000;

/** The folders in which functions are making their sockets. */
const socketFolders = async () =>
  (await readdir('/dev/shm')).filter((name) => name.startsWith('wasm-function-'));
const foldersBefore = await socketFolders();
const application = await startApplication({
  env: { TIMEOUT_MS: String(TIMEOUT_MS), LOG_LEVEL: 'warn' },
});
after(() => application.stop());
const filesBefore = await readdir(application.folder);
const url = `${application.url}/api/hello`;

type AppId = 'web-port' | `image-api-${Api}`;

const APP_IDS: readonly AppId[] = ['web-port', 'image-api-grayscale', 'image-api-classify'];

/** What can be killed: the id of the process to kill, and what starts it again. */
interface Victim {
  readonly name: string;
  readonly pid: () => number | undefined;
  /** Whether the launcher starts it again, and says so; a function's processes are the pool's. */
  readonly launcherSays?: string;
  readonly apis: readonly Api[];
  readonly kills: number;
}

const parentOf = (api: Api): ProcessIdentity | undefined => {
  const service = application.apps.get(`image-api-${api}`)?.pid;
  return service === undefined ? undefined : childrenOf(service)[0];
};
const forksOf = (api: Api): ProcessIdentity[] => {
  const parent = parentOf(api);
  return parent === undefined ? [] : childrenOf(parent.pid);
};

const victims: readonly Victim[] = [
  ...APIS.map((api) => ({
    name: `a fork of ${api}`,
    pid: () => {
      const forks = forksOf(api);
      return forks[Math.floor(Math.random() * forks.length)]?.pid;
    },
    apis: [api],
    kills: isLong ? 200 : 5,
  })),
  ...APIS.map((api) => ({
    name: `the parent of ${api}'s forks`,
    pid: () => parentOf(api)?.pid,
    apis: [api],
    kills: isLong ? 40 : 2,
  })),
  ...APP_IDS.flatMap((id) =>
    [id, `${id} daprd`].map((name) => ({
      name,
      pid: () => (name === id ? application.apps.get(id)?.pid : application.apps.get(id)?.daprPid),
      launcherSays: name,
      apis: APIS.filter((api) => id === 'web-port' || id === `image-api-${api}`),
      kills: isLong ? 15 : 1,
    })),
  ),
];

const countOf = (text: string) => application.output().split(text).length - 1;

/** Kills it: the victim, first, and all below it. Between two requests there may be no fork for a moment. */
async function kill(pid: Victim['pid']): Promise<ProcessIdentity[]> {
  const tryTo = () => {
    const family = familyOf(pid() ?? 0);
    const [victim] = family;
    return victim !== undefined && send(victim.pid, 'SIGKILL') && pWaitFor.resolveWith(family);
  };
  return pWaitFor(tryTo, { interval: 5, timeout: 5000 });
}

/** Sends a signal; false if the process has ended by itself just now. */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Kills it once, and resolves when it serves again, with how long that took, in ms. */
async function killOnce({ name, pid, launcherSays, apis }: Victim, load: SteadyLoad): Promise<number> {
  const ended = `[launcher] ${launcherSays} ended (SIGKILL): starting it again`;
  const back = `[launcher] ${launcherSays} is back after`;
  const before = [countOf(ended), countOf(back)];
  load.edgeMayBeAway = name === 'web-port';
  load.answersMayBreakOff = launcherSays !== undefined;
  const killed = await kill(pid);
  const killedAt = performance.now();
  await allGone(killed);
  if (launcherSays !== undefined) {
    await pWaitFor(() => pid() !== undefined && pid() !== killed[0]?.pid, { interval: 10, timeout: 20_000 });
  }
  await load.untilRight(apis);
  const ms = performance.now() - killedAt;
  if (launcherSays !== undefined) {
    await pWaitFor(() => countOf(back) > (before[1] ?? 0), { interval: 10, timeout: 20_000 });
    assert.equal(countOf(ended), (before[0] ?? 0) + 1);
  }
  load.edgeMayBeAway = false;
  load.answersMayBreakOff = false;
  return ms;
}

for (const victim of victims) {
  test(`${victim.name}: kill -9 under load, ${victim.kills} times`, async (t) => {
    const load = await SteadyLoad.start(t, { url, clients: 3, timeoutMs: TIMEOUT_MS + 4000 });
    const times: number[] = [];
    await load.untilRight(APIS);
    for (let number = 0; number < victim.kills; number += 1) times.push(await killOnce(victim, load));
    const { right } = load;
    await pWaitFor(() => load.right > right, { interval: 10, timeout: 10_000 });
    await load.stop();
    times.sort((a, b) => a - b);
    const [median, longest] = [times[Math.floor(times.length / 2)] ?? 0, times.at(-1) ?? 0];
    t.diagnostic(
      `${times.length} kills, serves again after ${Math.round(median)} ms (median), ${Math.round(longest)} ms (longest); answers: ${JSON.stringify(load.answers)}`,
    );
    assert.deepEqual(load.wrong, []);
    assert.ok(load.right > 0);
    assert.ok(longest < BACK_WITHIN_MS, `${longest} ms`);
  });
}

/** On the way of an answer, the last first. */
const ON_THE_WAY = ['web-port daprd', 'image-api-grayscale daprd', 'image-api-grayscale'];

for (const name of ON_THE_WAY)
  test(`an answer that is cut off by a kill of ${name} is never taken for a whole one`, async (t) => {
    // Compressed as a JPEG it is small enough to be sent; its grey PNG fills every buffer on the way.
    const [width, height] = [4000, 3000];
    const noise = await sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 20 })
      .toBuffer();
    assert.ok(noise.length < 10 * 1024 ** 2, `${noise.length} bytes`);
    const victim = victims.find((each) => each.name === name) ?? assert.fail();
    const cut = { yes: 0, no: 0 };
    for (let kill = 0; kill < (isLong ? 20 : 2); kill += 1) {
      const response = await fetch(url, { method: 'POST', body: new Uint8Array(noise) });
      assert.equal(response.status, 200);
      process.kill(victim.pid() ?? assert.fail(), 'SIGKILL');
      const body = await response.arrayBuffer().catch(() => undefined);
      cut[body === undefined ? 'yes' : 'no'] += 1;
      // One of which something is missing makes sharp fail.
      if (body !== undefined) assert.equal((await sharp(body).stats()).channels.length, 1);
      await pWaitFor(async () => (await fetch(url, { method: 'POST', body: new Uint8Array(noise) })).ok, {
        interval: 50,
        timeout: 20_000,
      });
    }
    t.diagnostic(`answers cut off: ${cut.yes}, whole: ${cut.no}`);
    assert.ok(cut.yes > 0);
  });

test('what was killed has left no file', async () => {
  assert.deepEqual(await readdir(application.folder), filesBefore);
  assert.deepEqual(await socketFolders(), foldersBefore);
});
