import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pWaitFor from 'p-wait-for';
import { type LauncherProcess, spawnLauncher } from '../launcher.js';
import { allGone, childrenOf, familyOf, type ProcessIdentity } from '../processes.js';
import { isLong } from './length.js';
import { OVER_WITHIN_MS, rounds, underLoad } from './under-load.js';

/** All that a launcher has started: services, sidecars, guard, and what is below them. */
const startedBy = ({ process: { pid = 0 } }: LauncherProcess): ProcessIdentity[] =>
  childrenOf(pid).flatMap((child) => familyOf(child.pid));

async function leftNothing({ folder }: LauncherProcess, started: ProcessIdentity[]): Promise<void> {
  await allGone(started, OVER_WITHIN_MS + 5000);
  await pWaitFor(async () => (await readdir(folder)).length === 0, { interval: 20, timeout: 5000 });
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} to the launcher: what was accepted is answered, then nothing is left`, async (t) => {
    await rounds(15, async () => {
      const launcher = await spawnLauncher(t);
      const { finish } = await underLoad(t, `${await launcher.url()}/api/hello`);
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
}

test('a second Ctrl-C ends at once what still has work, and nothing is left', async (t) => {
  await rounds(10, async () => {
    const launcher = await spawnLauncher(t);
    const { load } = await underLoad(t, `${await launcher.url()}/api/hello`);
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
    const { load } = await underLoad(t, `${await launcher.url()}/api/hello`, {
      allowed: [502, 503, 504],
      held: 0,
    });
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
