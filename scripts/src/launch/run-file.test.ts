import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { writeRunFile } from './fixtures/run-file.js';
import { readRunFile } from './run-file.js';

const app = {
  appID: 'one',
  appDirPath: 'one',
  appPort: 8080,
  daprHTTPPort: 3500,
  command: ['node', 'app.js'],
};

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'run-file-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("the project's own run file is valid and names the three apps", async () => {
  const apps = await readRunFile(path.resolve(fileURLToPath(import.meta.url), '../../../../dapr.yaml'));
  assert.deepEqual(
    apps.map(({ appID, appPort, daprHTTPPort }) => [appID, appPort, daprHTTPPort]),
    [
      ['web-port', 8080, 3500],
      ['image-api-grayscale', 9004, 3502],
      ['image-api-classify', 9003, 3501],
    ],
  );
});

test('an app takes what stands under common, keeps its own, and adds to the environment', async (t) => {
  const folder = await folderOf(t);
  const file = await writeRunFile(folder, {
    version: 1,
    common: { logLevel: 'warn', maxBodySize: '16Mi', env: { A: 1, B: 'common' } },
    apps: [{ ...app, logLevel: 'debug', env: { B: 'own' } }],
  });
  const [one] = await readRunFile(file);
  assert.equal(one?.logLevel, 'debug');
  assert.equal(one?.maxBodySize, '16Mi');
  assert.deepEqual(one?.env, { A: '1', B: 'own' });
});

test("paths under common stand against the file's folder, an app's against its appDirPath", async (t) => {
  const folder = await folderOf(t);
  const file = await writeRunFile(folder, {
    version: 1,
    common: { resourcesPaths: ['./components'] },
    apps: [{ ...app, configFilePath: 'config.yaml' }],
  });
  const [one] = await readRunFile(file);
  assert.deepEqual(one?.resourcesPaths, [path.join(folder, 'components')]);
  assert.equal(one?.appDirPath, path.join(folder, 'one'));
  assert.equal(one?.configFilePath, path.join(folder, 'one/config.yaml'));
});

const invalid: [name: string, content: unknown, message: RegExp][] = [
  ['YAML that cannot be read', 'version: [1', /Cannot read the run file .*dapr\.yaml: /],
  ['another version', { version: 2, apps: [app] }, /version: .*\(found 2\)/],
  ['no apps', { version: 1, apps: [] }, /apps: .*\(found \[\]\)/],
  ['an unknown key', { version: 1, apps: [{ ...app, appPrt: 1 }] }, /appPrt in apps\.0: not a key/],
  [
    'a port that is none',
    { version: 1, apps: [{ ...app, appPort: 70000 }] },
    /apps\.0\.appPort: .*\(found 70000\)/,
  ],
  [
    'a missing command',
    { version: 1, apps: [{ ...app, command: [] }] },
    /apps\.0\.command\.0: .*expected string.*\(found undefined\)/,
  ],
  [
    'one port for two listeners',
    { version: 1, apps: [app, { ...app, appID: 'two', daprHTTPPort: 8080 }] },
    /gives 8080 to both appPort of one and appPort of two/,
  ],
];
for (const [name, content, message] of invalid) {
  test(`${name} is refused, naming the file, the key and the value`, async (t) => {
    const file = await writeRunFile(await folderOf(t), content);
    await assert.rejects(readRunFile(file), { code: 'ERR_LAUNCH_RUN_FILE', message });
    await assert.rejects(readRunFile(file), (error: Error) => error.message.includes(file));
  });
}
