import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pWaitFor from 'p-wait-for';
import { acceptedPost } from '../accepted-request.js';
import { startApplication } from '../application.js';
import { post } from '../hello.js';
import { FUNCTION, order } from '../misbehave.js';
import { allGone, childrenOf, familyOf } from '../processes.js';
import { spawnService, startService } from '../service.js';
import { APIS, type Api, knownPicture } from './checked-answer.js';
import { isLong } from './length.js';
import { OVER_WITHIN_MS, rounds, underLoad } from './under-load.js';

const picture = await knownPicture();

/** Both services take both signals alike: in the short form each has one. */
const signals: readonly (readonly [NodeJS.Signals, readonly Api[]])[] = [
  ['SIGTERM', isLong ? APIS : ['grayscale']],
  ['SIGINT', isLong ? APIS : ['classify']],
];

for (const [signal, apis] of signals) {
  for (const api of apis)
    test(`${signal} to image-api-${api} alone: what was accepted is answered, then nothing is left`, async (t) => {
      await rounds(25, async () => {
        const service = await startService(t, `image-api-${api}`, { LOG_LEVEL: 'info' });
        const { finish } = await underLoad(t, `${service.url}/api/image`, { apis: [api] });
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

for (const [what, bytes] of [
  ['says nothing', ''],
  ['says half of what it wants', 'POST /api/image HTTP/1.1\r\nhost: localhost\r\n'],
] as const)
  test(`a connection that ${what} does not keep a service from ending`, async (t) => {
    const service = await startService(t, 'image-api-grayscale', { SHUTDOWN_MS: '60000' });
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    socket.write(bytes);
    // Connections are taken in their order: when this is answered, that one is open on both ends.
    await fetch(`${service.url}/healthz`);
    const signalledAt = performance.now();
    service.process.kill('SIGTERM');
    assert.equal(await service.ended, 0);
    assert.ok(performance.now() - signalledAt < 10_000);
    socket.destroy();
  });

test('what cannot be finished in time is answered 503, with exit code 0, and its work ends', async (t) => {
  const env = { FUNCTION, SHUTDOWN_MS: '4000' };
  const service = await startService(t, 'image-api-grayscale', env);
  const started = familyOf(service.process.pid ?? 0);
  const url = `${service.url}/api/image`;
  const endless = post(url, order('spin', picture.bytes));
  // Of this one the body never comes.
  const stalled = await acceptedPost(url, picture.bytes);
  const running = () => fetch(`${service.url}/metrics`).then((response) => response.text());
  await pWaitFor(async () => /^function_running\{function="grayscale"\} 1$/m.test(await running()), {
    interval: 20,
    timeout: 10_000,
  });
  service.process.kill('SIGTERM');
  for (const answer of [await endless, await stalled.answer]) {
    await picture.check('grayscale', answer, [503]);
    assert.equal(answer.status, 503);
    assert.match(answer.body.toString(), /This service is stopping/);
    assert.equal(answer.headers.get('retry-after'), '1');
  }
  assert.equal(await service.ended, 0);
  await allGone(started);
});

test('SIGTERM to one service of the three: what it accepted is answered, and it is back by itself', async (t) => {
  const application = await startApplication({ env: { LOG_LEVEL: 'warn' } });
  t.after(() => application.stop());
  const url = `${application.url}/api/hello`;
  await rounds(10, async () => {
    for (const [id, app] of [...application.apps].slice(0, isLong ? 3 : 2)) {
      const before = app.pid ?? assert.fail();
      // Seen from the edge, a service that is away is one that cannot be reached.
      const { load, finish } = await underLoad(t, url, { allowed: [502, 503] });
      load.edgeMayBeAway = id === 'web-port';
      process.kill(before, 'SIGTERM');
      // The edge that is asked to stop answers what it has; beside it, nobody waits for the held bodies.
      const answers = id === 'web-port' ? await finish() : undefined;
      await pWaitFor(() => app.pid !== undefined && app.pid !== before, { interval: 10, timeout: 30_000 });
      await load.untilRight(APIS);
      t.diagnostic(`${id}: answers of the load: ${JSON.stringify(answers ?? (await finish()))}`);
    }
  });
  assert.match(application.output(), /ended \(exit code 0\): starting it again/);
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
      const { load } = await underLoad(t, `${service.url}/api/image`, { apis: [api], held: 0 });
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
