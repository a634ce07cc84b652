import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { startApplication } from '../application.js';
import { fixture } from '../hello.js';
import { type Exchange, talk } from '../raw-http.js';

const PAGE = 'https://example.org';
const picture = await sharp(await fixture('coffee.png'))
  .resize(12, 8)
  .png()
  .toBuffer();

/** Posts a picture as a browser would, with these headers (fetch sets `Host` and `Origin` itself). */
function postAs(url: string, path: string, headers: Record<string, string>): Promise<Exchange> {
  const lines = Object.entries({ host: new URL(url).host, 'content-length': picture.length, ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return talk(url, [`POST ${path} HTTP/1.1\r\n${head}\r\n`, picture]);
}

function preflight(url: string): Promise<Response> {
  return fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin: PAGE,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'api,content-type',
    },
  });
}

test('CORS_ORIGINS=none closes every service to pages of other origins', async (t) => {
  const application = await startApplication({ env: { CORS_ORIGINS: 'none' } });
  t.after(() => application.stop());
  for (const [name, { url }] of application.apps) {
    const path = name === 'web-port' ? '/api/hello' : '/api/image';
    const { host } = new URL(url);

    await t.test(`${name}: a page's request is 403, whether its browser asks first or not`, async () => {
      for (const origin of [PAGE, 'null', 'http://localhost.example.org', `http://${host}.example.org`]) {
        const { statuses, text } = await postAs(url, path, { origin });
        assert.deepEqual(statuses, [403], origin);
        assert.match(text, /ERR_ORIGIN/);
        assert.doesNotMatch(text, /access-control-allow/i);
      }
      const { headers } = await preflight(`${url}${path}`);
      assert.deepEqual(
        [...headers.keys()].filter((name) => name.startsWith('access-control')),
        [],
      );
    });

    await t.test(`${name}: its own page, and what is no browser, is served`, async () => {
      for (const headers of [{}, { origin: `http://${host}` }])
        assert.deepEqual((await postAs(url, path, headers)).statuses, [200]);
    });
  }
  for (const [name, { url }] of application.apps) {
    if (name === 'web-port') continue;
    await t.test(`${name}: a name that somebody has given this machine's address is 403`, async () => {
      const rebound = { host: 'example.org', origin: 'http://example.org' };
      const { statuses, text } = await postAs(url, '/api/image', rebound);
      assert.deepEqual(statuses, [403]);
      assert.match(text, /ERR_HOST/);
      for (const host of ['localhost', '[::1]', '127.0.0.1'])
        assert.deepEqual((await postAs(url, '/api/image', { host })).statuses, [200]);
    });
  }
  await t.test('web-port: a proxy may name the default port, and no other one', async () => {
    for (const [host, origin, status] of [
      ['p.example:443', 'https://p.example', 200],
      ['p.example:80', 'http://p.example', 200],
      ['p.example:443', 'http://p.example', 403],
      ['p.example:8443', 'https://p.example', 403],
    ] as const)
      assert.deepEqual(
        (await postAs(application.url, '/api/hello', { host, origin })).statuses,
        [status],
        host,
      );
  });
  await t.test('GET /metrics is not there by another name than this machine’s', async () => {
    for (const { url } of application.apps.values()) {
      const { statuses } = await talk(url, ['GET /metrics HTTP/1.1\r\nhost: example.org\r\n\r\n']);
      assert.deepEqual(statuses, [404]);
    }
  });
});

test('CORS_ORIGINS opens the services to the pages that it lists, and to no others', async (t) => {
  const application = await startApplication({ env: { CORS_ORIGINS: `http://localhost:3000, ${PAGE}` } });
  t.after(() => application.stop());
  for (const [name, { url }] of application.apps) {
    const path = name === 'web-port' ? '/api/hello' : '/api/image';
    const asked = await preflight(`${url}${path}`);
    assert.equal(asked.status, 204);
    assert.equal(asked.headers.get('access-control-allow-origin'), PAGE);
    assert.equal(asked.headers.get('access-control-allow-headers'), 'api,content-type');
    assert.match(asked.headers.get('access-control-allow-methods') ?? '', /POST/);
    const listed = await postAs(url, path, { origin: PAGE, api: 'grayscale' });
    assert.deepEqual(listed.statuses, [200]);
    assert.match(listed.text, /^access-control-allow-origin: https:\/\/example\.org\r$/im);
    assert.match(listed.text, /^vary: Origin/im);
    assert.deepEqual((await postAs(url, path, { origin: 'https://example.com' })).statuses, [403]);
  }
});

test('unless CORS_ORIGINS is set, web-port is closed to them and the image services are open', async (t) => {
  const application = await startApplication();
  t.after(() => application.stop());
  for (const [name, { url }] of application.apps) {
    if (name === 'web-port') {
      assert.deepEqual((await postAs(url, '/api/hello', { origin: PAGE })).statuses, [403]);
      continue;
    }
    const { statuses, text } = await postAs(url, '/api/image', { origin: PAGE });
    assert.deepEqual(statuses, [200]);
    assert.match(text, /^access-control-allow-origin: \*\r$/im);
  }
});

test('a page cannot have a sidecar shut down, nor use any API of it but invocation', async (t) => {
  const application = await startApplication();
  t.after(() => application.stop());
  for (const [name, app] of application.apps) {
    const { daprPid } = app;
    for (const path of ['shutdown', 'publish/bus/topic', 'state/store', 'actors/a/b/method/c']) {
      const answer = await fetch(`${app.daprUrl}/v1.0/${path}`, {
        method: 'POST',
        headers: { origin: PAGE },
      });
      assert.equal(answer.status, 404, `${path} at the sidecar of ${name}`);
    }
    assert.equal((await fetch(`${app.daprUrl}/v1.0/healthz`)).status, 204);
    assert.equal(app.daprPid, daprPid);
  }
  const invoked = `${application.apps.get('web-port')?.daprUrl}/v1.0/invoke/image-api-grayscale/method/api/image`;
  assert.equal((await fetch(invoked, { method: 'POST', body: picture })).status, 200);
});
