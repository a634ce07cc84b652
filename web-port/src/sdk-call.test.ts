import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { AbortableBody } from './sdk-call.js';

/** A server that reads and never answers, and a request to it that has no body yet. */
async function ask(t: TestContext) {
  const server = createServer((incoming) => incoming.resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const { port } = address;
  return {
    server,
    sent: request({ host: '127.0.0.1', port, method: 'POST', headers: { 'content-length': 5 } }),
  };
}

test('a request ends with the signal even when all of its body is sent', async (t) => {
  const { server, sent } = await ask(t);
  const abort = new AbortController();
  new AbortableBody(Buffer.from('hello'), abort.signal).pipe(sent);
  const [incoming] = await once(server, 'request');
  await once(incoming, 'end');
  const gone = once(sent, 'error');
  abort.abort();
  assert.match(String(await gone), /socket hang up/);
});

test('a request whose signal has aborted before is not sent', async (t) => {
  const { server, sent } = await ask(t);
  server.on('request', () => assert.fail('it came'));
  const gone = once(sent, 'error');
  new AbortableBody(Buffer.from('hello'), AbortSignal.abort()).pipe(sent);
  assert.match(String(await gone), /socket hang up/);
});
