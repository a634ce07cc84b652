import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type IncomingMessage, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { Metrics } from './metrics.js';
import { listenForMetrics } from './metrics-listener.js';

async function listening(t: TestContext, metrics: Metrics): Promise<number> {
  const server = await listenForMetrics(metrics, { HOST: '127.0.0.1', METRICS_PORT: 0 });
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** What is answered to a request that names the host as Prometheus does: by the pod's address. */
async function ask(port: number, path: string, method = 'GET') {
  const request = send({ port, path, method, headers: { host: '10.0.0.7:9464' } });
  request.end();
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    request.once('response', resolve).once('error', reject),
  );
  return { status: response.statusCode, type: response.headers['content-type'], body: await text(response) };
}

test('whoever reaches the port is told the metrics, by whatever name', async (t) => {
  const { status, type, body } = await ask(await listening(t, new Metrics()), '/metrics');
  assert.equal(status, 200);
  assert.match(type ?? '', /^text\/plain; version=0\.0\.4/);
  assert.match(body, /^process_cpu_seconds_total \d/m);
});

test('there is nothing else', async (t) => {
  const port = await listening(t, new Metrics());
  for (const [path, method] of [
    ['/', 'GET'],
    ['/healthz', 'GET'],
    ['/metrics/', 'GET'],
    ['/metrics', 'POST'],
    ['/functions/grayscale', 'POST'],
  ] as const)
    assert.deepEqual(await ask(port, path, method), { status: 404, type: undefined, body: '' }, path);
});

test('who asks while an answer is made gets that one', async (t) => {
  const metrics = new Metrics();
  const events = new EventEmitter();
  let made = 0;
  t.mock.method(metrics, 'text', async () => {
    made += 1;
    const finished = once(events, 'finish');
    events.emit('begun');
    await finished;
    return `answer ${made}`;
  });
  const port = await listening(t, metrics);
  const begun = once(events, 'begun');
  const first = ask(port, '/metrics');
  await begun;
  const second = ask(port, '/metrics');
  // The second has arrived when a third, which waits for nothing, is answered.
  await ask(port, '/');
  events.emit('finish');
  assert.deepEqual([(await first).body, (await second).body], ['answer 1', 'answer 1']);
});
