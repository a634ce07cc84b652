import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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

test('a folder stands for its dapr.yaml, and one without says that it is missing', async (t) => {
  const folder = await folderOf(t);
  await assert.rejects(readRunFile(folder), {
    code: 'ERR_LAUNCH_RUN_FILE',
    message: new RegExp(`Cannot read the run file ${folder}/dapr\\.yaml: ENOENT`),
  });
  await writeRunFile(folder, { version: 1, apps: [app] });
  assert.equal((await readRunFile(folder))[0]?.appID, 'one');
});

/** The app of a run file that has one. */
async function only(t: TestContext, keys: object, common: object = {}) {
  const file = await writeRunFile(await folderOf(t), { version: 1, common, apps: [{ ...app, ...keys }] });
  const [one] = await readRunFile(file);
  assert.ok(one);
  return { one, folder: path.dirname(file) };
}

test('a key with nothing or spaces behind it is a missing one', async (t) => {
  const { one } = await only(
    t,
    { appPort: null, schedulerHostAddress: '', logLevel: null },
    { placementHostAddress: ' ', env: { EMPTY: null, BLANK: ' ' } },
  );
  for (const key of ['appPort', 'schedulerHostAddress', 'placementHostAddress', 'logLevel'] as const)
    assert.equal(one[key], undefined, key);
  assert.deepEqual(one.env, { EMPTY: '', BLANK: ' ' });
});

test('ports of 0 and below are missing ones', async (t) => {
  const { one } = await only(t, { appPort: 0, daprHTTPPort: -1 });
  assert.deepEqual([one.appPort, one.daprHTTPPort], [undefined, undefined]);
});

test('older keys are read as those of today, which win', async (t) => {
  const { one, folder } = await only(
    t,
    { resourcesPath: 'own', daprPath: 'dapr', daprHTTPMaxRequestSize: 8, appProtocol: 'GRPC' },
    { daprHTTPReadBufferSize: 16, appSSL: true, resourcesPaths: ['shared'] },
  );
  assert.deepEqual(one.resourcesPaths, [path.join(folder, 'one/own')]);
  assert.equal(one.runtimePath, path.join(folder, 'one/dapr'));
  assert.deepEqual([one.maxBodySize, one.readBufferSize], ['8Mi', '16Ki']);
  assert.equal(one.appProtocol, 'grpcs');
  const { one: today } = await only(t, { maxBodySize: '9Mi', daprHTTPMaxRequestSize: 8, appSSL: true });
  assert.deepEqual([today.maxBodySize, today.appProtocol], ['9Mi', 'https']);
});

test('resources and Configuration in a folder .dapr: of the app before the shared ones, of the installation last', async (t) => {
  const folder = await folderOf(t);
  for (const made of ['.dapr/components', 'app/.dapr/resources', 'other'])
    await mkdir(path.join(folder, made), { recursive: true });
  for (const made of ['.dapr/config.yaml', 'app/.dapr/config.yaml'])
    await writeFile(path.join(folder, made), '');
  const file = (common: object) =>
    writeRunFile(folder, {
      version: 1,
      common: { runtimePath: '.', ...common },
      apps: [{ appDirPath: 'app' }, { appDirPath: 'other' }],
    });
  const places = async (common: object) =>
    (await readRunFile(await file(common))).map(({ resourcesPaths = [], configFilePath = '' }) =>
      [...resourcesPaths, configFilePath].map((each) => path.relative(folder, each)),
    );
  const own = ['app/.dapr/resources', 'app/.dapr/config.yaml'];
  assert.deepEqual(await places({}), [own, ['.dapr/components', '.dapr/config.yaml']]);
  const common = { resourcesPaths: ['shared'], configFilePath: 'shared.yaml' };
  assert.deepEqual(await places(common), [own, ['shared', 'shared.yaml']]);
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
    'a command that is no list',
    { version: 1, apps: [{ ...app, command: 'node app.js' }] },
    /apps\.0\.command: .*expected array.*\(found "node app\.js"\)/,
  ],
  [
    "an app's own key under common",
    { version: 1, common: { appPort: 1 }, apps: [app] },
    /appPort in common: not a key of the Dapr CLI there; correct or remove it/,
  ],
  [
    'a size that is none',
    { version: 1, common: { maxBodySize: '16 megabytes' }, apps: [app] },
    /common\.maxBodySize: must be a size such as 16Mi \(found "16 megabytes"\)/,
  ],
  [
    'an unknown protocol',
    { version: 1, apps: [{ ...app, appProtocol: 'ftp' }] },
    /apps\.0\.appProtocol: .*"http".*\(found "ftp"\)/,
  ],
  [
    'an app without an id, whose folder can give it none',
    { version: 1, apps: [{ appDirPath: 'my.app' }] },
    /my\.app can be no app's id; give the app an appID/,
  ],
  [
    'one id for two apps',
    { version: 1, apps: [app, { ...app, appPort: 8081, daprHTTPPort: 3501 }] },
    /gives the appID one to two apps/,
  ],
];
for (const [name, content, message] of invalid) {
  test(`${name} is refused, naming the file, the key and the value`, async (t) => {
    const file = await writeRunFile(await folderOf(t), content);
    await assert.rejects(readRunFile(file), { code: 'ERR_LAUNCH_RUN_FILE', message });
    await assert.rejects(readRunFile(file), (error: Error) => error.message.includes(file));
  });
}
