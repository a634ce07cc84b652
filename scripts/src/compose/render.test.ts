import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { DCLinter } from 'dclint';
import { parse } from 'yaml';
import { z } from 'zod';
import { readRunFile } from '../launch/run-file.js';
import { root } from '../paths.js';
import { COMPOSE_FILE } from './command.js';
import { renderCompose } from './render.js';

const runFile = path.join(root, 'dapr.yaml');

const Compose = z.object({
  services: z.record(
    z.string(),
    z.looseObject({
      command: z.array(z.string()),
      ports: z.array(z.string()).optional(),
      network_mode: z.string().optional(),
      environment: z.record(z.string(), z.string()).default({}),
      volumes: z.array(z.string()).default([]),
    }),
  ),
});

const servicesOf = (text: string) => Compose.parse(parse(text)).services;

/** dclint's own, beside the schema of the Compose specification: what may be wrong, and not how a file is laid out. */
const rules = {
  'service-keys-order': 0,
  'services-alphabetical-order': 0,
  'require-quotes-in-ports': 0,
} as const;

/** The types that it has itself are not found by TypeScript. */
const Findings = z.array(z.object({ messages: z.array(z.object({ message: z.string() })) }));

function lint(file: string) {
  const linter = new DCLinter({ rules, quiet: true, debug: false, exclude: [] });
  const results = Findings.parse(linter.lintFiles([file], false));
  return results.flatMap(({ messages }) => messages.map(({ message }) => message));
}

async function temporaryFile(t: TestContext, name: string, text: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'compose-test-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(path.join(folder, name), text);
  return path.join(folder, name);
}

test('deploy/compose.yaml is what dapr.yaml says: else run `npm run compose`', async () => {
  assert.equal(await readFile(COMPOSE_FILE, 'utf8'), await renderCompose(runFile));
});

test('it is valid by the schema of the Compose specification', async (t) => {
  assert.deepEqual(lint(COMPOSE_FILE), []);
  const text = (await readFile(COMPOSE_FILE, 'utf8')).replace('read_only: true', 'read_only: [true]');
  assert.match(lint(await temporaryFile(t, 'compose.yaml', text)).join(), /read_only/);
});

test('every container is confined, and web-port alone is published, on loopback', async () => {
  const services = servicesOf(await readFile(COMPOSE_FILE, 'utf8'));
  for (const [name, service] of Object.entries(services)) {
    const { user, read_only, cap_drop, security_opt, privileged, cap_add } = service;
    assert.deepEqual(
      { user, read_only, cap_drop, security_opt, privileged, cap_add },
      {
        user: '65532:65532',
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        privileged: undefined,
        cap_add: undefined,
      },
      name,
    );
    assert.deepEqual(service.ports, name === 'web-port-pod' ? ['127.0.0.1:8080:8080'] : undefined, name);
    for (const volume of service.volumes) assert.match(volume, /:ro$/, name);
    if (service.environment.HOST !== undefined)
      assert.equal(service.environment.HOST, name === 'web-port' ? '0.0.0.0' : '127.0.0.1', name);
  }
});

test('each app has an address, its command and ports of dapr.yaml, and a sidecar that shares them', async () => {
  const services = servicesOf(await readFile(COMPOSE_FILE, 'utf8'));
  const apps = await readRunFile(runFile);
  assert.equal(Object.keys(services).length, 3 * apps.length);
  for (const { appID, command, appPort, daprHTTPPort } of apps) {
    const [pod, service, sidecar] = ['-pod', '', '-sidecar'].map((part) => services[`${appID}${part}`]);
    assert.deepEqual(pod?.networks, { default: { aliases: [appID] } });
    assert.deepEqual(service?.command, command);
    assert.equal(service?.environment.APP_PORT, String(appPort));
    assert.equal(service?.environment.DAPR_HTTP_PORT, String(daprHTTPPort));
    for (const each of [service, sidecar]) assert.equal(each?.network_mode, `service:${appID}-pod`);
    for (const flag of [`app-id=${appID}`, `app-port=${appPort}`, `dapr-http-port=${daprHTTPPort}`])
      assert.ok(sidecar?.command.includes(`--${flag}`), flag);
    for (const flag of ['dapr-internal-grpc-port=50002', 'dapr-listen-addresses=127.0.0.1'])
      assert.ok(sidecar?.command.includes(`--${flag}`), flag);
  }
});

test('the sidecar is of the version that set-up builds', async () => {
  const [, version] = /dapr\/dapr v(\S+)/.exec(await readFile(path.join(root, 'daprd/go.mod'), 'utf8')) ?? [];
  assert.equal(
    servicesOf(await renderCompose(runFile))['web-port-sidecar']?.image,
    `daprio/daprd:${version}`,
  );
});

test('of an own app all is taken from its lines, and a dollar stays one', async (t) => {
  const file = await temporaryFile(
    t,
    'dapr.yaml',
    `version: 1
apps:
  - appID: big
    appDirPath: ${path.join(root, 'function-service')}
    appPort: 9005
    command: ["node", "dist/server.js"]
    env: {PRICE: 5$, TOKEN: "\${HOME}"}
`,
  );
  const { big, 'big-pod': pod } = servicesOf(await renderCompose(file));
  assert.equal(big?.working_dir, '/app/function-service');
  assert.deepEqual(big?.environment, {
    PRICE: '5$$',
    TOKEN: '$${HOME}',
    APP_ID: 'big',
    APP_PORT: '9005',
    HOST: '127.0.0.1',
  });
  assert.equal(pod?.ports, undefined);
});

test('an app whose folder is not in the repository is refused', async (t) => {
  const file = await temporaryFile(
    t,
    'dapr.yaml',
    'version: 1\napps: [{appID: big, appDirPath: /x, appPort: 9005, command: [node]}]\n',
  );
  await assert.rejects(renderCompose(file), {
    message: /^The app big has the folder \/x, which no image has: it has to be in .*\.$/,
  });
});

for (const line of ['appPort: 9005', 'command: [node]'])
  test(`an app that has nothing but ${line} is refused`, async (t) => {
    const file = await temporaryFile(
      t,
      'dapr.yaml',
      `version: 1\napps:\n  - appID: half\n    appDirPath: .\n    ${line}\n`,
    );
    await assert.rejects(renderCompose(file), {
      code: 'ERR_SETUP',
      message: 'The app half has no appPort or no command: a container needs both.',
    });
  });
