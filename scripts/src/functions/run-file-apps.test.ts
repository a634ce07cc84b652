import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { withApp, withoutApp, writeRunFile } from './run-file-apps.js';

async function runFile(t: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'run-file-apps-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'dapr.yaml');
  await writeFile(file, text);
  return file;
}

const ADDED = {
  appID: 'functions',
  appDirPath: './function-service',
  appPort: 9003,
  daprHTTPPort: 3500,
  command: ['node', '--initial-old-space-size=64', 'dist/server.js'],
  env: { HOST: '127.0.0.1' },
};

for (const [what, text] of [
  ['whose apps begin at the margin', 'apps:\n- appID: a # first\n  appPort: 8080\n'],
  ['whose apps are far in', 'apps:\n      - appID: a\n        env:\n          B: c\n'],
  ['with a comment in its last app', 'apps:\n  - appID: a\n    appPort: 1 # one\n    # two\n'],
  ['that ends without a line break', 'apps:\n  - appID: a\n    appPort: 8080'],
  ['with other keys behind', 'apps:\n  - appID: a\n\n# behind\ncommon:\n  logLevel: error\n'],
  ['with line breaks of Windows', 'apps:\r\n  - appID: a\r\n    appPort: 8080\r\n'],
] as const)
  test(`a run file ${what} takes an app and gives it back`, async (t) => {
    const file = await runFile(t, text);
    const added = await withApp(file, 'functions');
    assert.ok(added);
    const before = parse(text);
    assert.deepEqual(parse(added.text), { ...before, apps: [...before.apps, ADDED] });
    for (const line of text.trimEnd().split(/\r?\n/)) assert.ok(added.text.includes(line), line);
    assert.equal(added.text.replaceAll('\r\n', '').includes('\r'), false);
    assert.equal(/(?<!\r)\n/.test(added.text), !text.includes('\r\n'));
    await writeRunFile(added);
    assert.equal(await withApp(file, 'functions'), undefined);
    const removed = await withoutApp(file, 'functions');
    assert.equal(removed?.text.trimEnd(), text.trimEnd());
  });

for (const [what, text, message] of [
  [
    'with apps in one line',
    'apps: [{appID: a, appPort: 1}]\n',
    /does not have its apps below each other, each from a line that begins with "- "/,
  ],
  ['with an app that is none', 'apps:\n  - a\n', /does not have its apps below each other/],
  ['without apps', 'common: {}\n', /is no run file with a list of apps: apps is missing/],
  ['with an empty list of apps', 'apps: []\n', /has no apps: put back those that it had/],
  ['that is no YAML', 'apps: [\n', /is no run file with a list of apps: Flow sequence/],
  [
    'with such an app of another program',
    'apps:\n  - appID: functions\n    appDirPath: ./mine\n',
    /has an app functions already, of \/.*\/mine, which serves no functions: give that app, or the function, another name/,
  ],
] as const)
  test(`a run file ${what} takes no app, and says why`, async (t) => {
    const file = await runFile(t, text);
    await assert.rejects(withApp(file, 'functions'), { code: 'ERR_SETUP', message });
    assert.equal(await readFile(file, 'utf8'), text);
  });

test('a run file that is not there is named', async () => {
  await assert.rejects(withApp('/nowhere/dapr.yaml', 'functions'), {
    code: 'ERR_SETUP',
    message: /^\/nowhere\/dapr\.yaml cannot be read .*: --file names the run file\.$/,
  });
});

test('an app of another program is not taken out', async (t) => {
  const file = await runFile(t, 'apps:\n  - appID: functions\n    appDirPath: ./mine\n');
  assert.equal(await withoutApp(file, 'functions'), undefined);
});

test('a run file that cannot be written is as it was, and nothing is beside it', async (t) => {
  const file = await runFile(t, 'apps: []\n');
  const folder = path.join(path.dirname(file), 'folder');
  await mkdir(folder);
  await assert.rejects(writeRunFile({ file: folder, text: 'x' }), { code: 'EISDIR' });
  assert.deepEqual((await readdir(path.dirname(file))).sort(), ['dapr.yaml', 'folder']);
});
