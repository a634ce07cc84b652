import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { after, test } from 'node:test';
import { pino } from 'pino';
import { originList, requireOrigin } from './access.js';
import { createApp } from './app.js';
import { Metrics } from './metrics.js';

const list = originList({ default: 'none' });

test('unless origins are listed, the list is what the service says', () => {
  assert.deepEqual(list.parse(undefined), []);
  assert.deepEqual(originList({ default: '*' }).parse(undefined), ['*']);
  assert.deepEqual(originList({ default: '*' }).parse('none'), []);
});

test('origins are separated by commas, with or without blanks', () => {
  assert.deepEqual(list.parse('https://example.org, http://localhost:3000'), [
    'https://example.org',
    'http://localhost:3000',
  ]);
  assert.deepEqual(list.parse('*'), ['*']);
});

for (const wrong of [
  'example.org',
  'https://example.org/',
  'https://example.org/page',
  'https://*.example.org',
]) {
  test(`${wrong} is not an origin`, () => {
    assert.throws(() => list.parse(wrong), /must be origins such as https:\/\/example\.org/);
  });
}

const app = createApp({
  logger: pino({ level: 'silent' }),
  metrics: new Metrics(),
  health: () => ({ ok: true }),
  routes: (app) => {
    app
      .route('/')
      .all(requireOrigin([]))
      .post((_request, response) => void response.end());
  },
});
const server = createServer(app).listen(0, '127.0.0.1');
await once(server, 'listening');
after(() => server.close());

/** The status of a page's request to a service that is open to its own pages alone. */
async function statusFor(headers: { host: string; origin: string }): Promise<number | undefined> {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const sent = request({ host: '127.0.0.1', port, method: 'POST', headers, agent: false }).end();
  const [response] = await once(sent, 'response');
  response.resume();
  return response.statusCode;
}

for (const [host, origin] of [
  ['p.example', 'https://p.example'],
  ['p.example', 'http://p.example'],
  ['p.example:443', 'https://p.example'],
  ['p.example:80', 'http://p.example'],
  ['p.example:8080', 'http://p.example:8080'],
  ['p.example:80', 'https://p.example:80'],
  ['P.Example:443', 'https://p.example'],
  ['[::1]:80', 'http://[::1]'],
] as const) {
  test(`a page from ${origin} is the own one of what is asked as ${host}`, async () => {
    assert.equal(await statusFor({ host, origin }), 200);
  });
}

for (const [host, origin] of [
  ['p.example:443', 'http://p.example'],
  ['p.example:80', 'https://p.example'],
  ['p.example', 'https://p.example:80'],
  ['p.example:8443', 'https://p.example'],
  ['p.example', 'https://p.example:8443'],
  ['p.example:8080', 'http://p.example:8081'],
  ['p.example:443', 'https://q.example'],
  ['p.example', 'https://p.example.org'],
  ['p.example', 'ftp://p.example:80'],
  ['p.example', 'app://p.example'],
  ['p.example', 'null'],
  ['user@p.example', 'https://p.example'],
] as const) {
  test(`a page from ${origin} is another one than what is asked as ${host}`, async () => {
    assert.equal(await statusFor({ host, origin }), 403);
  });
}
