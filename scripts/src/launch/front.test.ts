import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { Front } from './front.js';
import { anyFreePort } from './ports.js';

async function open(t: TestContext) {
  const port = await anyFreePort();
  const front = await Front.listen(port, '127.0.0.1');
  t.after(() => front.close());
  return { front, port, get: () => fetch(`http://127.0.0.1:${port}/`).then((answer) => answer.text()) };
}

/** A server that answers with its name, or when it is told to. */
async function serve(
  t: TestContext,
  name: string,
  until: Promise<void> = Promise.resolve(),
  onRequest = () => {},
) {
  const server: Server = createServer(async (_request, response) => {
    onRequest();
    await until;
    response.end(name);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : assert.fail();
}

test('a connection waits for who serves, and goes to them', async (t) => {
  const { front, get } = await open(t);
  const waiting = get();
  front.to(await serve(t, 'first'));
  assert.equal(await waiting, 'first');
});

test('what is passed on when another one takes over is answered all the same', async (t) => {
  const { front, get } = await open(t);
  let end = () => {};
  let onRequest = () => {};
  const asked = new Promise<void>((resolve) => (onRequest = resolve));
  front.to(await serve(t, 'first', new Promise((resolve) => (end = resolve)), onRequest));
  const slow = get();
  await asked;
  front.to(await serve(t, 'second'));
  assert.equal(await get(), 'second');
  end();
  assert.equal(await slow, 'first');
});

test('who is gone, or never there, ends the connection', async (t) => {
  const { front, port } = await open(t);
  front.to(await anyFreePort());
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`), TypeError);
});

test('half of a connection may end before the other', async (t) => {
  const { front, port } = await open(t);
  front.to(await serve(t, 'whole'));
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  assert.match(await text(socket), /whole$/);
});

test('a closed front leaves no connection open', async (t) => {
  const { front, port } = await open(t);
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  socket.on('error', () => {});
  await front.close();
  await closed;
  t.diagnostic('closed');
});
