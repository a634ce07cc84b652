import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { Admission } from './admission.js';
import { createApp } from './app.js';
import { Metrics } from './metrics.js';

/** A service that lets two requests for each path in, which it answers when `finish` is called. */
async function start(t: TestContext, { maxHeld, total = 100 }: { maxHeld?: number; total?: number } = {}) {
  const admission = new Admission(total, maxHeld);
  const waiting: (() => void)[] = [];
  const app = createApp({
    logger: pino({ level: 'silent' }),
    metrics: new Metrics(),
    health: () => ({ ok: admission.open }),
    routes: (app) => {
      app.get('/{:name}', async (request, response) => {
        await admission.enter(response, { name: String(request.params.name ?? ''), limit: 2 });
        await new Promise<void>((resolve) => waiting.push(resolve));
        response.send('done');
      });
    },
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return { admission, url, server, waiting };
}

test('requests above the limit get 503 with Retry-After, and a place that is free again is given', async (t) => {
  const { url, server, waiting } = await start(t);
  const first = fetch(url);
  await once(server, 'request');
  const second = fetch(url);
  await once(server, 'request');
  const third = await fetch(url);
  assert.deepEqual([third.status, third.headers.get('retry-after')], [503, '1']);
  assert.match(await third.text(), /ERR_BUSY/);
  for (const finish of waiting.splice(0)) finish();
  assert.deepEqual([(await first).status, (await second).status], [200, 200]);
  const fourth = fetch(url);
  await once(server, 'request');
  for (const finish of waiting.splice(0)) finish();
  assert.equal((await fourth).status, 200);
});

test('who is refused and goes away meanwhile is held no longer: its place is given to another', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { url, server, waiting } = await start(t, { maxHeld: 1 });
  const inside = [fetch(url), fetch(url)];
  while (waiting.length < 2) await new Promise(setImmediate);
  const abort = new AbortController();
  const gone = fetch(url, { signal: abort.signal });
  const [, response] = await once(server, 'request');
  assert.equal((await fetch(url)).status, 503, 'one is held: the next is told at once');
  const closed = once(response, 'close');
  abort.abort();
  await assert.rejects(gone, { name: 'AbortError' });
  await closed;

  let isTold = false;
  const held = fetch(url).finally(() => {
    isTold = true;
  });
  await once(server, 'request');
  assert.equal((await fetch(url)).status, 503);
  assert.equal(isTold, false);
  t.mock.timers.tick(1000);
  assert.equal((await held).status, 503);
  for (const finish of waiting.splice(0)) finish();
  for (const answer of inside) assert.equal((await answer).status, 200);
});

test('a service that is stopping turns requests away with 503, and says so on /healthz', async (t) => {
  const { admission, url } = await start(t);
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  admission.close();
  assert.equal((await fetch(`${url}/healthz`)).status, 503);
  const response = await fetch(url);
  assert.equal(response.status, 503);
  assert.match(await response.text(), /This service is stopping/);
});

for (const [what, total, statuses] of [
  ['each function has places of its own', 100, [200, 200, 503, 200]],
  ['all functions together have no more than the total', 3, [200, 200, 503, 200, 503]],
] as const)
  test(what, async (t) => {
    const { url, server, waiting } = await start(t, { total, maxHeld: 0 });
    const asked: Promise<Response>[] = [];
    for (const name of ['a', 'a', 'a', 'b', 'c'].slice(0, statuses.length)) {
      asked.push(fetch(`${url}/${name}`));
      await once(server, 'request');
    }
    while (waiting.length < statuses.filter((status) => status === 200).length)
      await new Promise(setImmediate);
    for (const finish of waiting.splice(0)) finish();
    assert.deepEqual(
      (await Promise.all(asked)).map(({ status }) => status),
      statuses,
    );
    // All places are free again.
    const next = fetch(`${url}/c`);
    while (waiting.length === 0) await new Promise(setImmediate);
    for (const finish of waiting.splice(0)) finish();
    assert.equal((await next).status, 200);
  });
