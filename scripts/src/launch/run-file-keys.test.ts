import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { appOf, gather, limit, start, until } from './fixtures/launching.js';
import { command, daprd, twoApps } from './fixtures/run-file.js';
import { launch } from './launch.js';

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
      { appID: 'task', appDirPath: '.', command: ['true'] },
    ];
    const { launched, lines } = await start(t, { env: { APP_PORT: '1' } }, { apps });
    const client = appOf(launched, 'client');
    assert.deepEqual([client.appPort, client.url], [undefined, undefined]);
    await until(() => /client +\| listening on undefined/.test(lines()));
    assert.match(lines(), /\[launcher\] task has finished/);
    for (const id of ['client', 'elsewhere', 'nothing']) {
      const { daprUrl, pid, daprPid } = appOf(launched, id);
      assert.ok(daprPid !== undefined && (pid !== undefined) === (id === 'client'), id);
      assert.equal((await fetch(`${daprUrl}/v1.0/invoke/callee/method/hello`)).status, 200);
    }
    const { appPort } = appOf(launched, 'elsewhere');
    const server = createServer((_request, response) => response.end('at last')).listen(appPort, '127.0.0.1');
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
    message: /^Nothing was started: .*calle[er]_daprd_\d+\.log.*daprdLogDestination: console/,
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
