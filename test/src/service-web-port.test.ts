import assert from 'node:assert/strict';
import { test } from 'node:test';
import getPort from 'get-port';
import { fixture, post } from './hello.js';
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

for (const path of [
  '/static/../package.json',
  '/static/%2e%2e/package.json',
  '/static/..%2fpackage.json',
  '/static/%00',
  '/static/%zz',
]) {
  test(`GET ${path} gives away nothing`, async (t) => {
    const { url, output } = await startService(t, NAME);
    const response = await fetch(`${url}${path}`);
    assert.ok([400, 403, 404].includes(response.status), `${response.status}`);
    assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
    assert.doesNotMatch(await response.text(), /dapr-wasmedge/);
    assert.doesNotMatch(output(), /"level":50/);
  });
}

test('the page may load nothing from elsewhere, be framed by nobody, and its types are not guessed', async (t) => {
  const { url } = await startService(t, NAME);
  const { headers } = await fetch(`${url}/static/`);
  assert.match(headers.get('content-security-policy') ?? '', /default-src 'self'.*frame-ancestors 'none'/);
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.equal(headers.get('x-powered-by'), null);
});
