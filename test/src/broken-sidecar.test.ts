import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { fixture, post } from './hello.js';
import { chunk, open, type TalkOptions, talk } from './raw-http.js';
import { startService } from './service.js';

const coffee = await fixture('coffee.png');
/** What the SDK asks for first. */
const HEALTHY = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}';
const OK = 'HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n';
/** How sidecars announce an answer: with its length (Dapr 1.16), or in chunks and with the service's own word for it (1.18). */
const LENGTH = 'Content-Length: 1000\r\n\r\n';
const CHUNKS = 'Transfer-Encoding: chunked\r\n\r\n';
const ANNOUNCED_CHUNKS = `X-Content-Length: 1000\r\n${CHUNKS}`;
const LAST_CHUNK = '0\r\n\r\n';

/**
 * web-port before something that says this much of an answer to a picture, and hangs up, as a sidecar that dies does: the
 * first to the first picture, and so on, the last to all others.
 */
async function startBefore(t: TestContext, ...said: readonly string[]) {
  let calls = 0;
  const server = createServer((socket) => {
    let received = 0;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      const before = received;
      received += bytes.length;
      if (bytes.toString('latin1', 0, 4) === 'GET ') socket.end(HEALTHY);
      else if (received > coffee.length && before <= coffee.length) {
        socket.end(said[calls] ?? said.at(-1) ?? '');
        calls += 1;
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const service = await startService(t, 'web-port', { DAPR_HTTP_PORT: String(address.port) });
  return Object.assign(service, { calls: () => calls });
}

function send(url: string, api = 'grayscale', options: TalkOptions = {}) {
  const headers = { host: new URL(url).host, api, 'content-length': coffee.length };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return talk(url, [`POST /api/hello HTTP/1.1\r\n${lines.join('')}\r\n`, coffee], options);
}

for (const [name, said] of [
  ['before it has said anything', ''],
  ['behind the head of a picture', `${OK}${LENGTH}`],
  ['behind the head of a picture in chunks', `${OK}${CHUNKS}`],
  ['before the first byte of an announced picture in chunks', `${OK}${ANNOUNCED_CHUNKS}3e8\r\n`],
  ['half-way through an error', `HTTP/1.1 500 Internal Server Error\r\n${LENGTH}{"errorCode":`],
  [
    'half-way through an error in chunks',
    `HTTP/1.1 500 Internal Server Error\r\n${CHUNKS}${chunk('{"errorCode":')}`,
  ],
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
  for (const [how, said] of [
    ['and nothing else', 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'],
    ['and no byte in chunks', `${OK}${CHUNKS}${LAST_CHUNK}`],
    ['and no byte of those announced', `${OK}${ANNOUNCED_CHUNKS}${LAST_CHUNK}`],
    ['and a length of nothing', `${OK}Content-Length: 0\r\n\r\n`],
  ] as const)
    test(`${api}: a sidecar that says 200 ${how} is 502`, async (t) => {
      const service = await startBefore(t, said);
      const { statuses, text } = await send(service.url, api);
      assert.deepEqual(statuses, [502]);
      assert.match(text, /ERR_UNREACHABLE/);
    });

/** What a sidecar says in place of the service. */
function refusal(reason: string) {
  const body = JSON.stringify({
    errorCode: 'ERR_DIRECT_INVOKE',
    message: `failed to invoke, err: ${reason}`,
  });
  return `HTTP/1.1 500 Internal Server Error\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
}
const CANCELLED = refusal('rpc error: code = Internal desc = Post "http://127.0.0.1:1": context canceled');
const OTHER = refusal('rpc error: code = Internal desc = app is not in a healthy state');
const answerOf = (type: string, body: string) =>
  `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
const ANSWERS = {
  grayscale: answerOf('image/png', 'a picture'),
  classify: answerOf(
    'application/json',
    '{"label":"cup","confidence":1,"sentence":"a cup","predictions":[],"model":"none"}',
  ),
};

for (const api of ['grayscale', 'classify'] as const) {
  test(`${api}: a call that the sidecar gives up as cancelled, which nobody has cancelled, is made once more`, async (t) => {
    const service = await startBefore(t, CANCELLED, ANSWERS[api]);
    const { status, body } = await post(`${service.url}/api/hello`, coffee, { api });
    assert.equal(status, 200, `${body}`);
    assert.match(`${body}`, api === 'classify' ? /cup/ : /^a picture$/);
    assert.equal(service.calls(), 2);
  });

  for (const [name, said, calls] of [
    ['gives up as cancelled again', CANCELLED, 2],
    ['gives up for another reason', OTHER, 1],
  ] as const)
    test(`${api}: a call that the sidecar ${name} is 502 after ${calls}`, async (t) => {
      const service = await startBefore(t, said);
      const { statuses, text } = await send(service.url, api);
      assert.deepEqual(statuses, [502]);
      assert.match(text, /ERR_UNREACHABLE/);
      assert.equal(service.calls(), calls);
    });
}

for (const [name, head, body, announced] of [
  ['with its length', LENGTH, 'p'.repeat(1000), /^content-length: 1000\r$/im],
  [
    'in chunks, announced by the service',
    ANNOUNCED_CHUNKS,
    `${chunk('p'.repeat(600))}${chunk('p'.repeat(400))}${LAST_CHUNK}`,
    /^content-length: 1000\r$/im,
  ],
  [
    'in chunks, of any length',
    CHUNKS,
    `${chunk('p'.repeat(600))}${chunk('p'.repeat(400))}${LAST_CHUNK}`,
    /^transfer-encoding: chunked\r$/im,
  ],
] as const)
  test(`a picture that comes ${name} is passed on whole`, async (t) => {
    const service = await startBefore(t, `${OK}${head}${body}`);
    const answer = await post(`${service.url}/api/hello`, coffee);
    assert.equal(answer.status, 200);
    assert.equal(answer.type, 'image/png');
    assert.equal(answer.body.toString(), 'p'.repeat(1000));
    assert.match((await send(service.url)).text, announced);
  });

for (const [name, head, half] of [
  ['of an announced length', LENGTH, 'half of it'],
  ['in chunks', CHUNKS, chunk('half of it')],
  ['in chunks of an announced length', ANNOUNCED_CHUNKS, chunk('half of it')],
  [
    'in chunks of an announced length, and ends it as if it were whole',
    ANNOUNCED_CHUNKS,
    `${chunk('half of it')}${LAST_CHUNK}`,
  ],
  [
    'in chunks of an announced length, and says more than that',
    ANNOUNCED_CHUNKS,
    `${chunk('p'.repeat(600))}${chunk('p'.repeat(401))}${LAST_CHUNK}`,
  ],
] as const)
  test(`a sidecar that breaks off half-way through a picture ${name} leaves one that is not whole, and a 502 in the log`, async (t) => {
    const service = await startBefore(t, `${OK}${head}${half}`);
    await assert.rejects(post(`${service.url}/api/hello`, coffee), /terminated|fetch failed/);
    const untilClosed = { answers: 0 };
    const { statuses, text, closed } = await send(service.url, 'grayscale', untilClosed);
    assert.ok(closed);
    assert.deepEqual(statuses, [200]);
    assert.doesNotMatch(text, /\r\n0\r\n\r\n$/);
    await pWaitFor(() => /"status":502.*ERR_UNREACHABLE/.test(service.output()), {
      interval: 10,
      timeout: 5000,
    });
    assert.doesNotMatch(service.output(), /ERR_CLIENT_GONE/);
  });

for (const [name, leave] of [
  ['closes its connection', (socket: Socket) => socket.destroy()],
  ['resets its connection', (socket: Socket) => socket.resetAndDestroy()],
] as const)
  test(`a client that ${name} while its answer is written is logged as gone, not as a service that is`, async (t) => {
    const rounds = 20;
    const service = await startBefore(t, `${OK}Content-Length: 20000000\r\n\r\n${'p'.repeat(20_000_000)}`);
    for (let round = 0; round < rounds; round += 1) {
      const socket = await open(service.url);
      socket.write(`POST /api/hello HTTP/1.1\r\nhost: x\r\ncontent-length: ${coffee.length}\r\n\r\n`);
      socket.write(coffee);
      await once(socket, 'data');
      leave(socket);
    }
    const gone = () => service.output().match(/"level":40.*"status":499.*ERR_CLIENT_GONE/g)?.length;
    await pWaitFor(() => gone() === rounds, { interval: 10, timeout: 10_000 });
    assert.doesNotMatch(service.output(), /ERR_UNREACHABLE|"level":50/);
  });
