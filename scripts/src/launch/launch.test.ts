import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { command, daprd, twoApps } from './fixtures/run-file.js';
import { type Launched, type LaunchOptions, launch } from './launch.js';

const limit = { timeout: 60_000 };
const main = fileURLToPath(new URL('main.js', import.meta.url));

/** Launches the two apps of fixtures/run-file.ts; what they write is gathered. */
async function start(
  t: TestContext,
  options: Partial<LaunchOptions> = {},
  more: Parameters<typeof twoApps>[1] = {},
) {
  const written = gather();
  const file = await twoApps(t, more);
  const launched = await launch({ file, daprd, ports: 'free', output: written.stream, ...options });
  t.after(() => launched.stop());
  return { launched, lines: written.text, folder: path.dirname(file) };
}

function gather() {
  const stream = new PassThrough();
  let written = '';
  stream.on('data', (chunk) => {
    written += chunk;
  });
  return { stream, text: () => written };
}

function appOf(launched: Launched, id: string) {
  const app = launched.apps.get(id);
  assert.ok(app);
  return app;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20);
}

/** A process that has ended but that nobody has asked about yet does not run. */
async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return status !== undefined && !/\) [ZX] /.test(status);
}

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
  const { launched } = await start(t, { env: { ADDED: 'yes', PORT: '1' } });
  const callee = appOf(launched, 'callee');
  const env = async (name: string) => (await fetch(`${callee.url}/env/${name}`)).text();
  assert.equal(await env('APP_ID'), 'callee');
  assert.equal(await env('APP_PORT'), String(callee.appPort));
  assert.equal(await env('PORT'), '');
  assert.equal(await env('DAPR_HTTP_PORT'), String(callee.daprHTTPPort));
  assert.equal(await env('DAPR_GRPC_PORT'), String(callee.daprGRPCPort));
  assert.equal(await env('ADDED'), 'yes');
});

for (const [host, url] of [
  ['127.0.0.2', 'http://127.0.0.2'],
  ['::1', 'http://[::1]'],
  ['localhost', 'http://localhost'],
  ['0.0.0.0', 'http://127.0.0.1'],
] as const)
  test(`HOST=${host}: launcher and sidecar call the apps where they listen`, limit, async (t) => {
    const { launched } = await start(t, { env: { HOST: host } });
    const caller = appOf(launched, 'caller');
    assert.equal(caller.url, `${url}:${caller.appPort}`);
    assert.equal(await (await fetch(`${caller.url}/x`)).text(), 'caller got /x');
    const response = await fetch(`${caller.daprUrl}/v1.0/invoke/callee/method/hello`);
    assert.equal(await response.text(), 'callee got /hello');
  });

test(
  'an app without a port runs beside its sidecar; one without a command has a sidecar alone',
  limit,
  async (t) => {
    const apps = [
      { appID: 'client', appDirPath: '.', command },
      { appID: 'elsewhere', appDirPath: '.', appPort: 9004 },
      { appID: 'nothing', appDirPath: '.' },
    ];
    const { launched, lines } = await start(t, { env: { APP_PORT: '1' } }, { apps });
    const client = appOf(launched, 'client');
    assert.deepEqual([client.appPort, client.url], [undefined, undefined]);
    await until(() => /client +\| listening on undefined/.test(lines()));
    for (const id of ['client', 'elsewhere', 'nothing']) {
      const { daprUrl, pid, daprPid } = appOf(launched, id);
      assert.ok(daprPid !== undefined && (pid !== undefined) === (id === 'client'), id);
      assert.equal((await fetch(`${daprUrl}/v1.0/invoke/callee/method/hello`)).status, 200);
    }
    const { appPort } = appOf(launched, 'elsewhere');
    const server = createHttpServer((_request, response) => response.end('at last')).listen(
      appPort,
      '127.0.0.1',
    );
    t.after(() => server.close());
    const url = `${appOf(launched, 'caller').daprUrl}/v1.0/invoke/elsewhere/method/hello`;
    await until(async () => (await (await fetch(url)).text()) === 'at last');
  },
);

test('lines go to the files that the run file asks for, and only there if it says so', limit, async (t) => {
  const common = { appLogDestination: 'file', daprdLogDestination: 'fileAndConsole', logLevel: 'info' };
  const { launched, lines, folder } = await start(t, {}, { common });
  await launched.stop();
  const logs = path.join(folder, '.dapr/logs');
  const contentOf = async (start: string) => {
    const name = (await readdir(logs)).find((each) => each.startsWith(start)) ?? assert.fail(start);
    assert.ok(lines().includes(` writes to ${path.join(logs, name)}\n`));
    return readFile(path.join(logs, name), 'utf8');
  };
  assert.match(await contentOf('callee_app_'), /^listening on \d+\nstopping\n$/);
  assert.doesNotMatch(lines(), /\| (listening|stopping)/);
  const [line = ''] = (await contentOf('callee_daprd_')).split('\n');
  assert.ok(line.includes('app_id=callee') && lines().includes(`callee daprd | ${line}\n`), line);
});

test('a log that cannot be written is named before anything starts', limit, async (t) => {
  const file = await twoApps(t, { common: { daprdLogDestination: 'file' } });
  await writeFile(path.join(path.dirname(file), '.dapr'), '');
  await assert.rejects(launch({ file, daprd, ports: 'free', output: gather().stream }), {
    code: 'ERR_LAUNCH_FOLDER',
    message: /^Nothing was started: .*caller_daprd_\d+\.log.*daprdLogDestination: console/,
  });
});

test("the run file's runtimePath says which daprd", limit, async (t) => {
  const file = await twoApps(t, { common: { runtimePath: './installed' } });
  const installed = path.join(path.dirname(file), 'installed/.dapr/bin/daprd');
  await assert.rejects(launch({ file, daprd, ports: 'free', output: gather().stream }), {
    code: 'ERR_LAUNCH_DAPRD',
    message: new RegExp(installed),
  });
  await mkdir(path.dirname(installed), { recursive: true });
  await symlink(daprd, installed);
  const launched = await launch({ file, daprd: '/nowhere/daprd', ports: 'free', output: gather().stream });
  await launched.stop();
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

test('free ports and a port of one own are not taken together', limit, async () => {
  const args = [main, '--free-ports', '--port', 'web-port=8081'];
  const { exitCode, stderr } = await execa(process.execPath, args, { reject: false });
  assert.equal(exitCode, 1);
  assert.match(stderr, /'--free-ports' cannot be used with option '-p, --port <app=port>'/);
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

/**
 * Runs main.js as `npm start` does, until it says that all is ready.
 *
 * @param env may be told the run file's folder
 * @param name the run file as it is named on the command line, if not by its path
 */
async function startMain(
  t: TestContext,
  env: Record<string, string> | ((folder: string) => Record<string, string>) = {},
  name?: string,
) {
  const file = await twoApps(t);
  const args = [main, '--file', name ?? file, '--daprd', daprd, '--free-ports'];
  const launcher = execa(process.execPath, args, {
    reject: false,
    all: true,
    env: typeof env === 'function' ? env(path.dirname(file)) : env,
  });
  t.after(() => launcher.kill('SIGKILL'));
  let written = '';
  launcher.all.on('data', (chunk) => {
    written += chunk;
  });
  await until(() => /Ready in \d+\.\d s: http:\/\/localhost:\d+\//.test(written));
  const children = await readFile(`/proc/${launcher.pid}/task/${launcher.pid}/children`, 'utf8');
  const pids = children.trim().split(' ').map(Number);
  assert.equal(pids.length, 5, 'two apps, two sidecars, one guard');
  const allGone = () => until(async () => !(await Promise.all(pids.map(isRunning))).includes(true));
  return { launcher, lines: () => written, allGone, folder: path.dirname(file) };
}

for (const [signal, exitCode] of [
  ['SIGTERM', 0],
  ['SIGINT', 0],
  ['SIGHUP', 0],
  ['SIGKILL', undefined],
] as const) {
  test(`nothing is left of what the launcher started after ${signal}`, limit, async (t) => {
    const { launcher, allGone } = await startMain(t);
    launcher.kill(signal);
    assert.equal((await launcher).exitCode, exitCode);
    await allGone();
  });
}

test('one Ctrl-C that arrives twice, from the terminal and from npm, stops gracefully', limit, async (t) => {
  const { launcher, lines, allGone } = await startMain(t);
  launcher.kill('SIGINT');
  launcher.kill('SIGINT');
  await until(() => /SIGINT: stopping/.test(lines()));
  launcher.kill('SIGINT');
  assert.equal((await launcher).exitCode, 0);
  assert.match(lines(), /caller +\| stopping\n.*callee +\| stopping\n/s);
  await allGone();
});

test('a second Ctrl-C ends at once what would not stop', limit, async (t) => {
  const { launcher, lines, allGone } = await startMain(t, { NEVER_STOP: 'caller' });
  launcher.kill('SIGINT');
  await until(() => /caller +\| stopping/.test(lines()));
  const before = performance.now();
  await until(() => {
    launcher.kill('SIGINT');
    return launcher.exitCode !== null;
  });
  assert.equal((await launcher).exitCode, 1);
  await allGone();
  assert.ok(performance.now() - before < 5000, `${performance.now() - before} ms`);
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

test(
  'relative paths stand against the folder where npm was called, in options and in the environment',
  limit,
  async (t) => {
    const settings = {
      FUNCTION: './f.so',
      MODEL_DIR: '../my',
      WASMEDGE: './bin/wasmedge',
      WASMEDGE_PLUGIN_PATH: 'plugins',
    };
    const env = (folder: string) => ({ INIT_CWD: folder, ...settings });
    const { lines, folder } = await startMain(t, env, '.');
    const [, url] = /callee: (http:\S+),/.exec(lines()) ?? [];
    for (const [name, value] of Object.entries(settings))
      assert.equal(await (await fetch(`${url}/env/${name}`)).text(), path.resolve(folder, value));
  },
);

test('a wasmedge without a slash is left to be found on PATH', limit, async (t) => {
  const { lines } = await startMain(t, { WASMEDGE: 'wasmedge' });
  const [, url] = /callee: (http:\S+),/.exec(lines()) ?? [];
  assert.equal(await (await fetch(`${url}/env/WASMEDGE`)).text(), 'wasmedge');
});

test('a relative --daprd and DAPRD stand against the folder where npm was called', limit, async (t) => {
  const folder = path.dirname(await twoApps(t));
  const env = { INIT_CWD: folder, DAPRD: 'from/env' };
  for (const [args, expected] of [
    [['--daprd', './given'], 'given'],
    [[], 'from/env'],
  ] as const) {
    const { exitCode, stderr } = await execa(process.execPath, [main, '-f', '.', '--free-ports', ...args], {
      env,
      reject: false,
    });
    assert.equal(exitCode, 1);
    assert.ok(stderr.includes(`no daprd that can be run at ${path.join(folder, expected)} (`), stderr);
  }
});
