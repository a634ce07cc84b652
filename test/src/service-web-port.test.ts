import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import getPort from 'get-port';
import pWaitFor from 'p-wait-for';
import { fixture, post } from './hello.js';
import { figure } from './metrics.js';
import { open } from './raw-http.js';
import { startService } from './service.js';

const NAME = 'web-port';
const coffee = await fixture('coffee.png');

for (const api of ['grayscale', 'classify']) {
  test(`${api}: a sidecar that is not there is 502 with a detail that says what to look at`, async (t) => {
    const { url } = await startService(t, NAME, {
      DAPR_HTTP_PORT: String(await getPort()),
      TIMEOUT_MS: '3000',
    });
    const answer = await post(`${url}/api/hello`, coffee, { api });
    assert.equal(answer.status, 502);
    assert.match(answer.type, /^application\/problem\+json/);
    assert.match(answer.body.toString(), new RegExp(`image-api-${api} cannot be reached`));
  });
}

test('the page may load nothing from elsewhere, be framed by nobody, and its types are not guessed', async (t) => {
  const { url } = await startService(t, NAME);
  const { headers } = await fetch(`${url}/static/`);
  assert.match(headers.get('content-security-policy') ?? '', /default-src 'self'.*frame-ancestors 'none'/);
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.equal(headers.get('x-frame-options'), 'DENY');
  assert.equal(headers.get('x-powered-by'), null);
});

test('a function that all places are taken for leaves the other function its own', async (t) => {
  const { url } = await startService(t, NAME, { MAX_REQUESTS: '2', DAPR_HTTP_PORT: String(await getPort()) });
  const uploads = await Promise.all([open(url), open(url)]);
  for (const upload of uploads)
    upload.write('POST /api/hello HTTP/1.1\r\nhost: x\r\napi: grayscale\r\ncontent-length: 9\r\n\r\n');
  await pWaitFor(async () => (await figure(url, 'http_requests_in_progress')) === 2, { interval: 5 });
  const refused = await post(`${url}/api/hello`, coffee, { api: 'grayscale' });
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
  // Let in: it fails for want of a sidecar.
  assert.equal((await post(`${url}/api/hello`, coffee, { api: 'classify' })).status, 502);
  for (const upload of uploads) upload.destroy();
  await pWaitFor(async () => (await post(`${url}/api/hello`, coffee, { api: 'grayscale' })).status === 502);
});

test('RATE_LIMIT_PER_MINUTE: a client that sends more gets 429 until the minute is over, others do not', async (t) => {
  const { url } = await startService(t, NAME, { RATE_LIMIT_PER_MINUTE: '3' });
  const statuses: number[] = [];
  // Another address in a header is no other client.
  for (const address of ['1', '2', '3', '4'])
    statuses.push((await post(`${url}/api/hello`, undefined, { 'x-forwarded-for': address })).status);
  assert.deepEqual(statuses, [400, 400, 400, 429]);
  const refused = await post(`${url}/api/hello`, undefined);
  assert.equal(refused.status, 429);
  assert.match(refused.type, /^application\/problem\+json/);
  const seconds = Number(refused.headers.get('retry-after'));
  assert.ok(seconds > 0 && seconds <= 60, `Retry-After: ${seconds}`);
  assert.match(
    refused.body.toString(),
    new RegExp(`More than 3 requests in a minute.*Try again in ${seconds} s`),
  );
  assert.equal((await fetch(`${url}/static/`)).status, 200);
  const other = await open(url, '127.0.0.2');
  other.write('POST /api/hello HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n');
  const [answer] = await once(other, 'data');
  other.destroy();
  assert.match(String(answer), /^HTTP\/1\.1 400 /);
});

test('without RATE_LIMIT_PER_MINUTE a client may send what it likes', async (t) => {
  const { url } = await startService(t, NAME);
  for (let sent = 0; sent < 300; sent += 1)
    assert.equal((await post(`${url}/api/hello`, undefined)).status, 400);
});
