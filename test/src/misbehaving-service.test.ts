import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { startApplication } from './application.js';
import { bitmapOf } from './bitmap.js';
import { parts } from './built-parts.js';
import { fixture, post } from './hello.js';
import { figure } from './metrics.js';
import { FUNCTION, order } from './misbehave.js';
import { allGone, childrenOf } from './processes.js';
import { open } from './raw-http.js';
import { startService } from './service.js';

const coffee = await fixture('coffee.png');
function startMisbehaving(t: TestContext, env: Record<string, string> = {}) {
  const limits = { INSTANCES: '1', QUEUE_LIMIT: '4', MEMORY_PAGES: '1024' };
  return startService(t, 'image-api-grayscale', { FUNCTION, ...limits, ...env });
}

for (const [what, status, detail] of [
  ['trap', 500, /failed on this input/],
  ['exit', 500, /failed on this input/],
  ['garbage', 500, /failed on this input/],
  ['half a frame', 500, /failed on this input/],
  ['too much', 500, /failed on this input/],
  ['huge announcement', 500, /failed on this input/],
  ['memory', 500, /failed on this input/],
  ['failure', 500, /failed on this input/],
  ['bad input', 422, /this input is no good/i],
] as const)
  test(`a function that answers with «${what}» is ${status}, and the next picture is served`, async (t) => {
    const { url, output } = await startMisbehaving(t);
    for (let round = 0; round < 3; round += 1) {
      const answer = await post(`${url}/api/image`, order(what, coffee));
      assert.equal(answer.status, status, answer.body.toString());
      assert.match(answer.type, /^application\/problem\+json/);
      assert.match(answer.body.toString(), detail);
      const next = await post(`${url}/api/image`, coffee);
      assert.equal(next.status, 200, next.body.toString() + output());
      assert.deepEqual(next.body, coffee);
    }
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    assert.doesNotMatch(output(), /"level":60/);
  });

test('a function that works for ever is 504 at the deadline, its fork is gone, and the next picture is served', async (t) => {
  const service = await startMisbehaving(t, { TIMEOUT_MS: '1500' });
  const url = `${service.url}/api/image`;
  const [parent] = childrenOf(service.process.pid ?? 0);
  assert.ok(parent);
  for (let round = 0; round < 2; round += 1) {
    const forks = childrenOf(parent.pid);
    const answer = await post(url, order('spin', coffee));
    assert.equal(answer.status, 504);
    assert.match(answer.body.toString(), /took too long|gave no answer/);
    await allGone(forks.slice(0, 1));
    assert.equal((await post(url, coffee)).status, 200);
  }
  assert.equal(await figure(service.url, 'function_running'), 0);
});

/** Asks for endless work and, on the same connection without waiting, for more of it. */
async function pipeline(t: TestContext, url: string, requests: number): Promise<Socket> {
  const socket = await open(url);
  t.after(() => socket.destroy());
  const body = order('spin', coffee);
  const head = `POST /api/image HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n`;
  for (let sent = 0; sent < requests; sent += 1) socket.write(Buffer.concat([Buffer.from(head), body]));
  const inProgress = () => figure(url, 'http_requests_in_progress');
  await pWaitFor(async () => (await inProgress()) === requests, { interval: 10, timeout: 10_000 });
  return socket;
}

test('who sends request behind request and goes away gives back all places', async (t) => {
  const { url } = await startMisbehaving(t);
  const socket = await pipeline(t, url, 5);
  assert.equal((await post(`${url}/api/image`, coffee)).status, 503);
  socket.destroy();
  await pWaitFor(async () => (await figure(url, 'http_requests_in_progress')) === 0, {
    interval: 10,
    timeout: 10_000,
  });
  assert.equal((await post(`${url}/api/image`, coffee)).status, 200);
});

test('request behind request does not keep a service from ending', async (t) => {
  const service = await startMisbehaving(t, { SHUTDOWN_MS: '2000' });
  await pipeline(t, service.url, 2);
  service.process.kill('SIGTERM');
  assert.equal(await service.ended, 0);
});

test('a caller may ask for an earlier deadline, and not for a later one', async (t) => {
  const { url } = await startMisbehaving(t, { TIMEOUT_MS: '1500' });
  for (const [asked, longest] of [
    ['200', 1400],
    ['100000', 10_000],
  ] as const) {
    const start = performance.now();
    const answer = await post(`${url}/api/image`, order('spin', coffee), { 'x-timeout-ms': asked });
    assert.equal(answer.status, 504);
    assert.ok(performance.now() - start < longest);
  }
});

test('through both sidecars: the deadline of the edge ends the work, and so does a client that goes away', async (t) => {
  const application = await startApplication({
    env: { FUNCTION, INSTANCES: '2', TIMEOUT_MS: '20000', MODEL_DIR: parts.model },
  });
  t.after(() => application.stop());
  const hello = `${application.url}/api/hello`;
  const service = application.apps.get('image-api-grayscale')?.url ?? assert.fail();
  const running = (count: number, url = service) =>
    pWaitFor(async () => (await figure(url, 'function_running')) === count, {
      interval: 20,
      timeout: 10_000,
    });

  // The header is the edge's word to the service: here nobody else would end the work so soon.
  const edge = application.apps.get('web-port')?.daprUrl ?? assert.fail();
  const invoke = `${edge}/v1.0/invoke/image-api-grayscale/method/api/image`;
  const late = await post(invoke, order('spin', coffee), { 'x-timeout-ms': '300' });
  assert.equal(late.status, 504);
  await running(0);

  const atTheEdge = await post(hello, order('spin', coffee), { 'x-timeout-ms': '400' });
  assert.equal(atTheEdge.status, 504);
  assert.match(atTheEdge.type, /^application\/problem\+json/);
  await running(0);
  assert.equal(await figure(service, 'function_killed_total'), 2);

  const goAway = async (api: string, picture: Buffer, url: string) => {
    const abort = new AbortController();
    const body = new Uint8Array(order('spin', picture));
    const asked = fetch(hello, { method: 'POST', body, headers: { api }, signal: abort.signal });
    await running(1, url);
    abort.abort();
    await assert.rejects(asked, { name: 'AbortError' });
    await running(0, url);
  };
  await goAway('grayscale', coffee, service);
  assert.equal(await figure(service, 'function_killed_total'), 3);
  assert.equal((await post(hello, coffee)).status, 200);

  // A bitmap goes to the function as it is.
  const classify = application.apps.get('image-api-classify')?.url ?? assert.fail();
  await goAway('classify', await bitmapOf(coffee), classify);
  assert.equal(await figure(classify, 'function_killed_total'), 1);
});
