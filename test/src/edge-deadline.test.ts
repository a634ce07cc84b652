import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Launched, launch } from '@dapr-wasmedge/scripts/launch';
import { post } from './hello.js';
import { folders } from './mounts.js';

/** TIMEOUT_MS of web-port. */
const TIMEOUT_MS = 7000;

let launched: Launched;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edge-deadline-'));
  const file = join(folder, 'dapr.yaml');
  const app = (appID: string, index: number, command: string[], env = {}) => ({
    appID,
    appDirPath: join(folders.repository, 'web-port'),
    appPort: 8080 + index,
    daprHTTPPort: 3500 + index,
    command: [process.execPath, ...command],
    env,
  });
  const echo = [fileURLToPath(new URL('header-echo.js', import.meta.url))];
  const components = join(folders.repository, 'components');
  const content = {
    version: 1,
    common: {
      resourcesPaths: [components],
      configFilePath: join(components, 'config.yaml'),
      logLevel: 'error',
    },
    apps: [
      app('web-port', 0, ['dist/server.js'], { TIMEOUT_MS: String(TIMEOUT_MS), LOG_LEVEL: 'error' }),
      app('image-api-grayscale', 1, echo),
      app('image-api-classify', 2, echo),
    ],
  };
  // Every JSON text is YAML.
  await writeFile(file, JSON.stringify(content));
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const daprd = process.env.DAPRD ?? join(folders.runtime, 'daprd/daprd');
  launched = await launch({ file, daprd, ports: 'free', output });
});

after(async () => {
  await launched?.stop();
  await rm(folder, { recursive: true });
});

for (const api of ['grayscale', 'classify'])
  for (const [what, asked, most] of [
    ['its own deadline', undefined, TIMEOUT_MS],
    ["a client's nearer deadline", 2500, 2500],
    ["its own, where a client's is later,", 60_000, TIMEOUT_MS],
  ] as const)
    test(`web-port passes on to ${api} what is left of ${what} through both sidecars`, async () => {
      const url = launched.apps.get('web-port')?.url;
      const headers = { api, accept: 'application/json', ...(asked && { 'x-timeout-ms': String(asked) }) };
      const { status, body } = await post(`${url}/api/hello`, Buffer.from('a picture'), headers);
      assert.equal(status, 200, `${body}`);
      const left = Number(JSON.parse(body.toString()).sentence);
      assert.ok(left > most / 2 && left <= most, `${left} ms of ${most}`);
    });
