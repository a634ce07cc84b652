import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { fixture } from './hello.js';
import { talk } from './raw-http.js';
import { startService } from './service.js';

const coffee = await fixture('coffee.png');
/** What the SDK asks for first. */
const HEALTHY = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}';
const HEAD = 'Content-Type: image/png\r\nContent-Length: 1000\r\n\r\n';

/** web-port before something that says this much of an answer to a picture, and hangs up, as a sidecar that dies does. */
async function startBefore(t: TestContext, said: string) {
  const server = createServer((socket) => {
    let received = 0;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      received += chunk.length;
      if (chunk.toString('latin1', 0, 4) === 'GET ') socket.end(HEALTHY);
      else if (received > coffee.length) socket.end(said);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return startService(t, 'web-port', { DAPR_HTTP_PORT: String(address.port) });
}

function send(url: string, api = 'grayscale') {
  const headers = { host: new URL(url).host, api, 'content-length': coffee.length };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return talk(url, [`POST /api/hello HTTP/1.1\r\n${lines.join('')}\r\n`, coffee]);
}

for (const [name, said] of [
  ['before it has said anything', ''],
  ['behind the head of a picture', `HTTP/1.1 200 OK\r\n${HEAD}`],
  ['half-way through an error', `HTTP/1.1 500 Internal Server Error\r\n${HEAD}{"errorCode":`],
] as const)
  test(`a sidecar that breaks off ${name} is 502, and the service goes on`, async (t) => {
    const service = await startBefore(t, said);
    for (let round = 0; round < 2; round += 1) {
      const { statuses, text } = await send(service.url);
      assert.deepEqual(statuses, [502]);
      assert.match(text, /ERR_UNREACHABLE/);
    }
    assert.equal(service.process.exitCode, null);
  });

for (const api of ['grayscale', 'classify'])
  test(`${api}: a sidecar that says 200 and nothing else is 502`, async (t) => {
    const service = await startBefore(t, 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
    const { statuses, text } = await send(service.url, api);
    assert.deepEqual(statuses, [502]);
    assert.match(text, /ERR_UNREACHABLE/);
  });

test('a sidecar that breaks off half-way through a picture leaves one that is not whole, and a 502 in the log', async (t) => {
  const service = await startBefore(t, `HTTP/1.1 200 OK\r\n${HEAD}half of it`);
  const { text, closed } = await send(service.url);
  assert.ok(closed);
  assert.match(text, /content-length: 1000/i);
  assert.match(text, /half of it$/);
  await pWaitFor(() => /"status":502.*ERR_UNREACHABLE/.test(service.output()), {
    interval: 10,
    timeout: 5000,
  });
  assert.doesNotMatch(service.output(), /ERR_CLIENT_GONE/);
});
