import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { limit, main, startMain, until } from './fixtures/launching.js';
import { twoApps } from './fixtures/run-file.js';

test('free ports and a port of one own are not taken together', limit, async () => {
  const args = [main, '--free-ports', '--port', 'web-port=8081'];
  const { exitCode, stderr } = await execa(process.execPath, args, { reject: false });
  assert.equal(exitCode, 1);
  assert.match(stderr, /'--free-ports' cannot be used with option '-p, --port <app=port>'/);
});

test('--help names the option that shows all lines', limit, async () => {
  const { stdout } = await execa(process.execPath, [main, '--help']);
  assert.match(stdout, /^ {2}--verbose +show all /m);
});

for (const [format, expected] of [
  ['pretty', 'json'],
  ['json', 'json'],
] as const)
  test(
    `with LOG_FORMAT=${format} apps are told LOG_FORMAT=${expected}: what a person reads is the launcher's`,
    limit,
    async (t) => {
      const { lines } = await startMain(t, { LOG_FORMAT: format });
      const [, url] = /callee: (http:\S+),/.exec(lines()) ?? [];
      assert.equal(await (await fetch(`${url}/env/LOG_FORMAT`)).text(), expected);
    },
  );

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
