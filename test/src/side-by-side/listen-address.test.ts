import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import getPort from 'get-port';
import pWaitFor from 'p-wait-for';
import { startApplication } from '../application.js';
import { fixture, post } from '../hello.js';
import { spawnLauncher } from '../launcher.js';
import { spawnService, startService } from '../service.js';

async function takenPort(t: TestContext): Promise<number> {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const address = other.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

test('a service listens on APP_PORT, as any launcher of Dapr tells it, where PORT is not set', async (t) => {
  const port = await getPort();
  const service = await spawnService(t, 'web-port', { PORT: '', APP_PORT: String(port) });
  await pWaitFor(() => service.output().includes('"listening"'), { interval: 20, timeout: 20_000 });
  assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
});

test('PORT wins over APP_PORT', async (t) => {
  const { url } = await startService(t, 'web-port', { APP_PORT: '1' });
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
});

// As root a process may take any port: unless that right is taken from it.
const unprivileged = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-net_bind_service'] : [];

const unusable: [what: string, env: (t: TestContext) => Promise<Record<string, string>>, message: RegExp][] =
  [
    [
      'an address that this machine does not have',
      async () => ({ HOST: '192.0.2.1' }),
      /^Cannot listen on HOST=192\.0\.2\.1 .*HOST is no address of this machine: 127\.0\.0\.1 .*0\.0\.0\.0/m,
    ],
    [
      'a name that nobody has',
      async () => ({ HOST: 'no-such-host.invalid' }),
      /^Cannot listen on HOST=no-such-host\.invalid .*HOST.*: .*127\.0\.0\.1 .*0\.0\.0\.0/m,
    ],
    [
      'a port that another program has',
      async (t) => ({ PORT: String(await takenPort(t)) }),
      /^Cannot listen on HOST=127\.0\.0\.1 PORT=\d+: .*Another program listens there: end it/m,
    ],
    [
      'a port for metrics that another program has',
      async (t) => ({ METRICS_PORT: String(await takenPort(t)) }),
      /^Cannot listen on HOST=127\.0\.0\.1 METRICS_PORT=\d+: .*Another program listens there: end it/m,
    ],
    [
      'a port that only root may take',
      async () => ({ PORT: '1' }),
      /^Cannot listen on HOST=127\.0\.0\.1 PORT=1: .*may not listen on that port: take one from 1024 on/m,
    ],
  ];
for (const [what, env, message] of unusable)
  test(`${what} ends a service at once, and what it says is the way out`, async (t) => {
    const service = await spawnService(
      t,
      'web-port',
      await env(t),
      what.includes('root') ? unprivileged : [],
    );
    assert.equal(await service.ended, 1);
    assert.match(service.output(), message);
    assert.doesNotMatch(service.output(), /^\s+at .*:\d+:\d+/m);
  });

for (const [host, message] of [
  ['192.0.2.1', 'HOST is no address of this machine'],
  ['no-such-host.invalid', '0.0.0.0 '],
] as const)
  test(`HOST=${host} ends the launch at once, and shows why`, { timeout: 30_000 }, async (t) => {
    const launcher = await spawnLauncher(t, { env: { HOST: host } });
    assert.equal(await launcher.ended, 1, launcher.output());
    assert.match(launcher.output(), new RegExp(`web-port +\\| Cannot listen on HOST=${host} .*${message}`));
    assert.match(launcher.output(), /^web-port ended before it was ready \(exit code 1\)/m);
    assert.doesNotMatch(launcher.output(), /starting it again/);
  });

test('HOST=<another address of this machine>: the page is there, and both functions answer', async (t) => {
  const application = await startApplication({ env: { HOST: '127.0.0.2' } });
  t.after(() => application.stop());
  assert.match(application.url, /^http:\/\/127\.0\.0\.2:/);
  const coffee = await fixture('coffee.png');
  for (const api of ['grayscale', 'classify'])
    assert.equal((await post(`${application.url}/api/hello`, coffee, { api })).status, 200, api);
  const { port } = new URL(application.url);
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`), /fetch failed/);
});
