import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { appOf, gather, isRunning, limit, start, until } from './fixtures/launching.js';
import { daprd, twoApps } from './fixtures/run-file.js';
import { type Launched, launch } from './launch.js';

const pidsOf = (launched: Launched) =>
  [...launched.apps.values()]
    .flatMap(({ pid, daprPid }) => [pid, daprPid])
    .filter((pid) => pid !== undefined);

test('once launched, an app reaches another one through both sidecars', limit, async (t) => {
  const { launched, lines } = await start(t);
  const caller = appOf(launched, 'caller');
  const response = await fetch(`${caller.daprUrl}/v1.0/invoke/callee/method/hello`);
  assert.equal(await response.text(), 'callee got /hello');
  assert.match(lines(), new RegExp(`^caller       \\| listening on ${caller.appPort}$`, 'm'));
  assert.match(lines(), /^callee {7}\| listening on /m);
});

test('an app learns its ports as the Dapr CLI tells them, and what the caller adds', limit, async (t) => {
  const { launched } = await start(t, { env: { ADDED: 'yes', PORT: '1', METRICS_PORT: '2' } });
  const callee = appOf(launched, 'callee');
  const env = async (name: string) => (await fetch(`${callee.url}/env/${name}`)).text();
  assert.equal(await env('APP_ID'), 'callee');
  assert.equal(await env('APP_PORT'), String(callee.appPort));
  assert.equal(await env('PORT'), '');
  assert.equal(await env('METRICS_PORT'), '');
  assert.equal(await env('DAPR_HTTP_PORT'), String(callee.daprHTTPPort));
  assert.equal(await env('DAPR_GRPC_PORT'), String(callee.daprGRPCPort));
  assert.equal(await env('ADDED'), 'yes');
});

test('bad answers in a row do not close the way to an app', limit, async (t) => {
  const { launched } = await start(t);
  const url = `${appOf(launched, 'caller').daprUrl}/v1.0/invoke/callee/method/status`;
  const statuses: number[] = [];
  for (let i = 0; i < 10; i += 1) statuses.push((await fetch(`${url}/422`)).status);
  assert.deepEqual(new Set(statuses), new Set([422]));
  assert.equal((await fetch(`${url}/200`)).status, 200);
});

test('with API tokens set, a sidecar refuses calls without its token', limit, async (t) => {
  const { launched } = await start(t, { env: { DAPR_API_TOKEN: 'secret', APP_API_TOKEN: 'other' } });
  const url = `${appOf(launched, 'caller').daprUrl}/v1.0/invoke/callee/method/hello`;
  assert.equal((await fetch(url)).status, 401);
  assert.equal((await fetch(url, { headers: { 'dapr-api-token': 'secret' } })).status, 200);
});

for (const which of ['pid', 'daprPid'] as const) {
  test(
    `a killed ${which === 'pid' ? 'app' : 'sidecar'} is started again and serves within 5 s`,
    limit,
    async (t) => {
      const { launched, lines } = await start(t);
      const callee = appOf(launched, 'callee');
      const before = callee[which];
      assert.ok(before);
      process.kill(before, 'SIGKILL');
      const killedAt = performance.now();
      const url = `${appOf(launched, 'caller').daprUrl}/v1.0/invoke/callee/method/hello`;
      await until(async () => callee[which] !== before && (await fetch(url)).ok);
      assert.ok(performance.now() - killedAt < 5000, `${performance.now() - killedAt} ms`);
      assert.match(lines(), /\[launcher\] callee.* ended \(SIGKILL\): starting it again in 100 ms/);
      await until(() => / is back after \d+ ms/.test(lines()));
    },
  );
}

test('stop ends everything gracefully, in the order of the file', limit, async (t) => {
  const { launched, lines } = await start(t);
  const pids = pidsOf(launched);
  assert.equal(pids.length, 4);
  await launched.stop();
  await launched.done;
  for (const pid of pids) assert.equal(await isRunning(pid), false);
  assert.match(lines(), /caller +\| stopping\n.*callee +\| stopping\n/s);
});

test('a port that another program listens on is named before anything starts', limit, async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const written = gather();
  const launching = launch({
    file: await twoApps(t),
    daprd,
    ports: { callee: { appPort: address.port }, caller: { appPort: 18_080, daprHTTPPort: 13_500 } },
    output: written.stream,
  });
  await assert.rejects(launching, {
    code: 'ERR_LAUNCH_PORT_TAKEN',
    message: new RegExp(`^Nothing was started: .*${address.port}, appPort of callee.*--port APP=PORT`, 's'),
  });
  assert.equal(written.text(), '');
});

for (const [what, ports, message] of [
  [
    'another port for an app that is not there',
    { calee: { appPort: 18_080 } },
    'Nothing was started: there is no app calee to give another port; there are caller, callee.',
  ],
  [
    'another port that is given already',
    { caller: { appPort: 9003 } },
    'Nothing was started: 9003 is appPort of caller and appPort of callee. Give one of them another port.',
  ],
] as const)
  test(`${what} is refused before anything starts`, limit, async (t) => {
    const written = gather();
    const launching = launch({ file: await twoApps(t), daprd, ports, output: written.stream });
    await assert.rejects(launching, { code: 'ERR_LAUNCH_PORTS', message });
    assert.equal(written.text(), '');
  });

test('an app that ends at the start ends the launch, and its sidecar', limit, async (t) => {
  const written = gather();
  const env = { END_AT_START: 'callee' };
  const launching = launch({ file: await twoApps(t), daprd, ports: 'free', env, output: written.stream });
  await assert.rejects(launching, {
    code: 'ERR_LAUNCH_PROCESS_ENDED',
    message: 'callee ended before it was ready (exit code 3); its lines above, marked "callee", say why',
  });
  assert.match(written.text(), /callee +\| cannot start/);
});

test(
  'an app that nobody asks for its health ends the launch, too, if it fails at the start',
  limit,
  async (t) => {
    const file = await twoApps(t, {
      apps: [{ appID: 'client', appDirPath: '.', command: ['sh', '-c', 'exit 5'] }],
    });
    await assert.rejects(launch({ file, daprd, ports: 'free', output: gather().stream }), {
      code: 'ERR_LAUNCH_PROCESS_ENDED',
      message: /^client ended before it was ready \(exit code 5\)/,
    });
  },
);

test(
  'an app that nobody asks for its health, and that keeps ending soon after its start, ends the launch',
  limit,
  async (t) => {
    const file = await twoApps(t, {
      apps: [{ appID: 'client', appDirPath: '.', command: ['sh', '-c', 'sleep 1.2; exit 5'] }],
    });
    const launched = await launch({ file, daprd, ports: 'free', output: gather().stream });
    await assert.rejects(launched.done, {
      code: 'ERR_LAUNCH_PROCESS_ENDED',
      message: /^client ended 6 times in a row within 10 s \(exit code 5\)/,
    });
  },
);

test('a daprd that is not there is named before anything starts', limit, async (t) => {
  const written = gather();
  const launching = launch({
    file: await twoApps(t),
    daprd: '/nowhere/daprd',
    ports: 'free',
    output: written.stream,
  });
  await assert.rejects(launching, {
    code: 'ERR_LAUNCH_DAPRD',
    message: /^Nothing was started: .*\/nowhere\/daprd.*npm run setup/,
  });
  assert.equal(written.text(), '');
});

test('a daprd that does not run ends the launch, naming it', limit, async (t) => {
  const broken = path.join(path.dirname(await twoApps(t)), 'daprd');
  await writeFile(broken, 'no program', { mode: 0o755 });
  const launching = launch({
    file: await twoApps(t),
    daprd: broken,
    ports: 'free',
    output: gather().stream,
  });
  await assert.rejects(launching, { code: 'ERR_LAUNCH_PROCESS_ENDED', message: /daprd ended before/ });
});

test('what does not stop is killed after 10 s', limit, async (t) => {
  const { launched } = await start(t, { env: { NEVER_STOP: 'callee' } });
  const pids = pidsOf(launched);
  const before = performance.now();
  await launched.stop();
  const ms = performance.now() - before;
  assert.ok(ms > 9_900 && ms < 12_000, `${ms} ms`);
  assert.ok(!(await Promise.all(pids.map(isRunning))).includes(true));
});
