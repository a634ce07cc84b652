import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pWaitFor from 'p-wait-for';
import { acceptedPost } from '../accepted-request.js';
import { type LauncherProcess, spawnLauncher } from '../launcher.js';
import { allGone, childrenOf, familyOf, type ProcessIdentity } from '../processes.js';
import { spawnService, startService } from '../service.js';
import { startTrio } from '../trio.js';
import { APIS, type Api, knownPicture } from './checked-answer.js';
import { isLong } from './length.js';
import { SteadyLoad } from './steady-load.js';

const picture = await knownPicture();
/** The promise: after so long all is over. */
const OVER_WITHIN_MS = 10_000;
const PATIENCE_MS = 40_000;
const HELD = 3;

/** Requests of these functions that a service has in its hands, and a load beside them that has begun to be answered. */
async function underLoad(url: string, apis: readonly Api[] = APIS, allowed: readonly number[] = [503]) {
  const load = await SteadyLoad.start({ url, apis, clients: 4, patienceMs: PATIENCE_MS, allowed });
  await pWaitFor(() => load.right >= 4, { interval: 5, timeout: 30_000 });
  const held = await Promise.all(
    apis.flatMap((api) =>
      Array.from({ length: HELD }, async () => ({
        api,
        request: await acceptedPost(url, picture.bytes, picture.headers(api)),
      })),
    ),
  );
  // Who comes later finds nobody at the address.
  load.edgeMayBeAway = true;
  return {
    load,
    /** Sends the bodies, and checks that all answers are right ones. */
    finish: async () => {
      for (const { api, request } of held) await picture.check(api, await request.finish(), [503]);
      await load.stop();
      assert.deepEqual(load.wrong, []);
      return load.answers;
    },
  };
}

/** All that a launcher has started: services, sidecars, guard, and what is below them. */
const startedBy = ({ process: { pid = 0 } }: LauncherProcess): ProcessIdentity[] =>
  childrenOf(pid).flatMap((child) => familyOf(child.pid));

async function leftNothing({ folder }: LauncherProcess, started: ProcessIdentity[]): Promise<void> {
  await allGone(started, OVER_WITHIN_MS + 5000);
  await pWaitFor(async () => (await readdir(folder)).length === 0, { interval: 20, timeout: 5000 });
}

async function rounds(count: number, round: (number: number) => Promise<void>): Promise<void> {
  for (let number = 0; number < (isLong ? count : 1); number += 1) await round(number);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} to the launcher: what was accepted is answered, then nothing is left`, async (t) => {
    await rounds(15, async () => {
      const launcher = await spawnLauncher(t);
      const { finish } = await underLoad(`${await launcher.url()}/api/hello`);
      const started = startedBy(launcher);
      launcher.process.kill(signal);
      const signalledAt = performance.now();
      await pWaitFor(() => launcher.output().includes(`${signal}: stopping`), { interval: 5, timeout: 5000 });
      const answers = await finish();
      assert.equal(await launcher.ended, 0);
      const ms = performance.now() - signalledAt;
      t.diagnostic(`over after ${Math.round(ms)} ms; answers of the load: ${JSON.stringify(answers)}`);
      assert.ok(ms < OVER_WITHIN_MS, `${ms} ms`);
      await leftNothing(launcher, started);
    });
  });

  for (const api of APIS)
    test(`${signal} to image-api-${api} alone: what was accepted is answered, then nothing is left`, async (t) => {
      await rounds(25, async () => {
        const service = await startService(t, `image-api-${api}`, { LOG_LEVEL: 'info' });
        const { finish } = await underLoad(`${service.url}/api/image`, [api]);
        const started = familyOf(service.process.pid ?? 0);
        service.process.kill(signal);
        const signalledAt = performance.now();
        await pWaitFor(() => service.output().includes('"stopping"'), { interval: 5, timeout: 5000 });
        await finish();
        assert.equal(await service.ended, 0);
        const ms = performance.now() - signalledAt;
        assert.ok(ms < OVER_WITHIN_MS, `${ms} ms`);
        await allGone(started);
      });
    });
}

test('SIGTERM to one service of the three: what it accepted is answered, and it is back by itself', async (t) => {
  const trio = await startTrio({ env: { LOG_LEVEL: 'warn' } });
  t.after(() => trio.stop());
  const url = `${trio.url}/api/hello`;
  await rounds(10, async () => {
    for (const [id, app] of trio.apps) {
      const before = app.pid ?? assert.fail();
      // Seen from the edge, a service that is away is one that cannot be reached.
      const { load, finish } = await underLoad(url, APIS, [502, 503]);
      load.edgeMayBeAway = id === 'web-port';
      process.kill(before, 'SIGTERM');
      // The edge that is asked to stop answers what it has; beside it, nobody waits for the held bodies.
      const answers = id === 'web-port' ? await finish() : undefined;
      await pWaitFor(() => app.pid !== undefined && app.pid !== before, { interval: 10, timeout: 30_000 });
      for (const api of APIS) while (!(await load.isRight(api)));
      t.diagnostic(`${id}: answers of the load: ${JSON.stringify(answers ?? (await finish()))}`);
    }
  });
  assert.match(trio.output(), /ended \(exit code 0\): starting it again/);
});

test('a second Ctrl-C ends at once what still has work, and nothing is left', async (t) => {
  await rounds(10, async () => {
    const launcher = await spawnLauncher(t);
    const { load } = await underLoad(`${await launcher.url()}/api/hello`);
    const started = startedBy(launcher);
    launcher.process.kill('SIGINT');
    await pWaitFor(() => launcher.output().includes('SIGINT: stopping'), { interval: 5, timeout: 5000 });
    const secondAt = performance.now();
    // The same Ctrl-C may arrive twice, so that one soon after the first is not a second one.
    await pWaitFor(
      () => {
        launcher.process.kill('SIGINT');
        return launcher.process.exitCode !== null;
      },
      { interval: 50, timeout: 10_000 },
    );
    assert.equal(await launcher.ended, 1);
    await leftNothing(launcher, started);
    const ms = performance.now() - secondAt;
    assert.ok(ms < 5000, `${ms} ms`);
    await load.stop();
    assert.deepEqual(load.wrong, []);
  });
});

test('kill -9 of the launcher under load: what it started ends by itself, and nothing is left', async (t) => {
  await rounds(10, async () => {
    const launcher = await spawnLauncher(t);
    // The guard asks all of them at once to end: the edge may miss those behind it.
    const { load } = await underLoad(`${await launcher.url()}/api/hello`, APIS, [502, 503, 504]);
    const started = startedBy(launcher);
    launcher.process.kill('SIGKILL');
    await leftNothing(launcher, started);
    await load.stop();
    assert.deepEqual(load.wrong, []);
  });
});

test('SIGTERM while the launcher starts: it ends, and nothing is left', async (t) => {
  await rounds(40, async (number) => {
    const launcher = await spawnLauncher(t);
    // At any moment from the first process that it starts on.
    await pWaitFor(() => startedBy(launcher).length > 0, { interval: 1, timeout: 10_000 });
    await delay(isLong ? number * 40 : 0);
    const started = startedBy(launcher);
    launcher.process.kill('SIGTERM');
    assert.equal(await launcher.ended, 0, launcher.output());
    await leftNothing(launcher, started);
    assert.doesNotMatch(launcher.output(), /^\s+at .*:\d+:\d+/m, 'a stack trace');
  });
});

for (const api of APIS) {
  test(`SIGTERM while image-api-${api} starts: nothing is left`, async (t) => {
    await rounds(25, async (number) => {
      const service = await spawnService(t, `image-api-${api}`);
      await pWaitFor(() => childrenOf(service.process.pid ?? 0).length > 0, { interval: 1, timeout: 10_000 });
      await delay(isLong ? number * 20 : 0);
      const started = familyOf(service.process.pid ?? 0);
      service.process.kill('SIGTERM');
      assert.ok([0, 'SIGTERM'].includes(await service.ended));
      await allGone(started);
    });
  });

  test(`kill -9 of image-api-${api} alone, under load: its function ends with it`, async (t) => {
    await rounds(15, async () => {
      const service = await startService(t, `image-api-${api}`, { LOG_LEVEL: 'warn' });
      const { load } = await underLoad(`${service.url}/api/image`, [api]);
      const started = familyOf(service.process.pid ?? 0);
      assert.ok(started.length > 2);
      service.process.kill('SIGKILL');
      assert.equal(await service.ended, 'SIGKILL');
      await allGone(started);
      await load.stop();
      assert.deepEqual(load.wrong, []);
    });
  });
}
