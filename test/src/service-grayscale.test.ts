import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import pWaitFor from 'p-wait-for';
import sharp from 'sharp';
import { fixture, formOf, post } from './hello.js';
import { spawnService, startService } from './service.js';

const NAME = 'image-api-grayscale';
const coffee = await fixture('coffee.png');

test('POST /api/image answers grey PNG, for a raw body and for a form alike', async (t) => {
  const { url } = await startService(t, NAME);
  const raw = await post(`${url}/api/image`, coffee);
  assert.deepEqual([raw.status, raw.type], [200, 'image/png']);
  assert.equal((await sharp(raw.body).metadata()).channels, 1);
  assert.deepEqual((await post(`${url}/api/image`, formOf(coffee))).body, raw.body);
});

test('GET / is 200', async (t) => {
  const { url } = await startService(t, NAME);
  assert.equal((await fetch(url)).status, 200);
});

test('GET /metrics counts requests by route and status, and what the pool did', async (t) => {
  const { url } = await startService(t, NAME);
  await post(`${url}/api/image`, coffee);
  await post(`${url}/api/image`, undefined);
  await post(`${url}/some/${'x'.repeat(50)}`, undefined);
  const text = await (await fetch(`${url}/metrics`)).text();
  assert.match(
    text,
    /^http_request_duration_seconds_count\{method="POST",route="\/api\/image",status="200"\} 1$/m,
  );
  assert.match(
    text,
    /^http_request_duration_seconds_count\{method="POST",route="\/api\/image",status="400"\} 1$/m,
  );
  assert.match(text, /^http_request_duration_seconds_count\{method="POST",route="other",status="404"\} 1$/m);
  assert.match(text, /^function_retired_total\{function="grayscale"\} 1$/m);
  assert.doesNotMatch(text, /xxxx/);
});

test('with APP_API_TOKEN set, only who sends it is served', async (t) => {
  const { url } = await startService(t, NAME, { APP_API_TOKEN: 'secret' });
  for (const headers of [{}, { 'dapr-api-token': 'wrong' }]) {
    const answer = await post(`${url}/api/image`, coffee, headers);
    assert.equal(answer.status, 401);
    assert.match(answer.body.toString(), /dapr-api-token is missing or wrong/);
  }
  assert.equal((await post(`${url}/api/image`, coffee, { 'dapr-api-token': 'secret' })).status, 200);
});

test('SIGTERM lets a request in work finish, then ends with exit code 0', async (t) => {
  const service = await startService(t, NAME);
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
  socket.write(
    `POST /api/image HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: ${coffee.length}\r\n\r\n`,
  );
  const chunks = socket.iterator({ destroyOnReturn: false });
  // Node says this when the request is in the hands of the service.
  assert.match(String((await chunks.next()).value), /100 Continue/);
  service.process.kill('SIGTERM');
  await pWaitFor(() => service.output().includes('stopping'), { interval: 10, timeout: 5000 });
  socket.write(coffee);
  assert.match(String((await chunks.next()).value), /^HTTP\/1.1 200 OK/);
  for await (const _ of chunks);
  assert.equal(await service.ended, 0);
});

for (const [what, env, message] of [
  ['a wrong setting', { TIMEOUT_MS: 'soon' }, /TIMEOUT_MS="soon": must be a whole number/],
  ['a function that is not there', { FUNCTION: '/nowhere/x.so' }, /\/nowhere\/x\.so.*npm run setup/],
  ['a WasmEdge that is not there', { WASMEDGE: '/nowhere/wasmedge' }, /\/nowhere\/wasmedge.*npm run setup/],
] as const) {
  test(`${what} stops the start with exit code 1 and says what to do`, async (t) => {
    const service = await spawnService(t, NAME, { ...env });
    assert.equal(await service.ended, 1);
    assert.match(service.output(), message);
  });
}

test('a port that is taken stops the start with exit code 1, naming it', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const service = await spawnService(t, NAME, { PORT: String(port) });
  assert.equal(await service.ended, 1);
  assert.match(service.output(), new RegExp(`Cannot listen on HOST=127.0.0.1 PORT=${port}`));
});
