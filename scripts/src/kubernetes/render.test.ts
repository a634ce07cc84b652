import assert from 'node:assert/strict';
import { test } from 'node:test';
import { root } from '../paths.js';
import { podOf, rendered, resourcesOf, type Sources } from './fixtures/rendering.js';

/** Without its end: more apps. */
const RUN_FILE = `version: 1\napps: [{appID: web-port, appDirPath: ${root}/x, appPort: 1, command: [x]}, `;

test('an app of a function’s own is there with everything, by the run file and function.yaml alone', async (t) => {
  const functions = {
    shared: 'build: {wasm: x.wasm}\n',
    big: 'build: {wasm: x.wasm}\napp: big-ones\ninstances: 3\n',
  };
  const manifests = await rendered(t, { apps: ['functions', 'big-ones'], functions });
  const resources = resourcesOf(manifests);
  for (const kind of [
    'Deployment',
    'ServiceAccount',
    'Configuration',
    'NetworkPolicy',
    'HorizontalPodAutoscaler',
  ])
    for (const app of ['functions', 'big-ones'])
      assert.ok(
        resources.some((each) => each.kind === kind && each.metadata.name === app),
        `${kind} of ${app}`,
      );
  const { env, container } = podOf(manifests, 'big-ones');
  assert.equal(env.APP_ID, 'big-ones');
  assert.equal(container.workingDir, '/app/function-service');
  assert.deepEqual(container.command, ['node', 'dist/server.js']);
  assert.match(manifests.get('base/kustomization.yaml') ?? '', /- big-ones\.yaml\n/);
  assert.match(manifests.get('base/resiliency.yaml') ?? '', /big-ones: \{retry: unreached\}/);
});

test('settings of all are a ConfigMap, those of one app its own, and both win over what is usual', async (t) => {
  const settings = `
env: {LOG_LEVEL: debug, DRAIN_MS: 20000}
apps:
  functions: {env: {QUEUE_LIMIT: 4, "GREETING": 'it''s "yes"'}, replicas: {min: 1, max: 9}}
`;
  const manifests = await rendered(t, { settings });
  const kustomization = manifests.get('base/kustomization.yaml') ?? '';
  assert.match(kustomization, /literals:\s+- "LOG_LEVEL=debug"\n +- "DRAIN_MS=20000"\n/);
  const { env, pod } = podOf(manifests, 'functions');
  assert.equal(env.QUEUE_LIMIT, '4');
  assert.equal(env.GREETING, 'it\'s "yes"');
  assert.ok(!('DRAIN_MS' in env), 'its own environment would win over the ConfigMap');
  assert.equal(pod.terminationGracePeriodSeconds, 20 + 8 + 7);
  assert.match(
    manifests.get('overlays/production/functions.yaml') ?? '',
    /minReplicas: 1\n +maxReplicas: 9\n/,
  );
});

test('an app’s env of the run file comes along, but for what the manifests say themselves', async (t) => {
  const app = (id: string, port: number, env: string) =>
    `  - {appID: ${id}, appDirPath: ${root}/x, appPort: ${port}, command: [node, x], env: ${env}}\n`;
  const runFile = `version: 1\napps:\n${app('web-port', 8080, '{}')}${app('functions', 9005, '{HOST: 127.0.0.1, METRICS_PORT: 9, APP_API_TOKEN: secret, LANG: C}')}`;
  const manifests = await rendered(t, { runFile });
  const { env, container } = podOf(manifests, 'functions');
  assert.deepEqual([env.HOST, env.METRICS_PORT, env.LANG], ['0.0.0.0', '9464', 'C']);
  const names = container.env.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)]);
  assert.doesNotMatch([...manifests.values()].join(), /"secret"/);
});

const TRACED = 'OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector.tracing:4318"';
const tracedApps: [where: string, sources: Sources, apps: string[]][] = [
  ['for all', { settings: `env: {${TRACED}}` }, ['web-port', 'functions']],
  ['for one app', { settings: `apps: {functions: {env: {${TRACED}}}}` }, ['functions']],
  [
    'in the run file',
    {
      runFile: `${RUN_FILE}{appID: functions, appDirPath: ${root}/x, appPort: 2, command: [x], env: {${TRACED}}}]\n`,
    },
    ['functions'],
  ],
];
for (const [where, sources, apps] of tracedApps)
  test(`with a collector for traces, set ${where}, sidecars send theirs there too, and may`, async (t) => {
    const resources = resourcesOf(await rendered(t, sources));
    const specOf = (kind: string, name: string) =>
      resources.find((each) => each.kind === kind && each.metadata.name === name)?.spec;
    for (const app of ['web-port', 'functions']) {
      const isTraced = apps.includes(app);
      const otel = { endpointAddress: 'collector.tracing:4318', isSecure: false, protocol: 'http' };
      const tracing = { samplingRate: '1', ...(isTraced && { otel }) };
      assert.deepEqual(specOf('Configuration', app)?.tracing, tracing, app);
      const to = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'tracing' } } }];
      const policy = specOf('NetworkPolicy', app);
      assert.deepEqual(policy?.policyTypes, isTraced ? ['Ingress', 'Egress'] : ['Ingress'], app);
      assert.deepEqual(policy?.egress, isTraced ? [{ to, ports: [{ port: 4318 }] }] : undefined, app);
    }
  });

test('a service that may have to compile functions has a place for them and the memory, and others have none', async (t) => {
  const functions = { one: 'build: {wasm: x.wasm}\n', two: 'build: {wasm: x.wasm}\n' };
  const place = async (settings: string) => {
    const { pod, container } = podOf(await rendered(t, { functions, settings }), 'functions');
    const memory = Number.parseInt(container.resources.limits.memory, 10);
    return { volumes: pod.volumes, mounts: container.volumeMounts, memory };
  };
  const usual = await place('');
  assert.deepEqual([usual.volumes, usual.mounts], [undefined, undefined]);
  assert.deepEqual(await place('env: {COMPILE: start}'), {
    volumes: [{ name: 'compiled', emptyDir: { sizeLimit: '128Mi' } }],
    mounts: [{ name: 'compiled', mountPath: '/tmp' }],
    memory: usual.memory + 256,
  });
});

test('a service that may have to compile functions has time for each of them, and more on less than a processor', async (t) => {
  const names = Array.from({ length: 20 }, (_, index) => `f${index}`);
  const functions = Object.fromEntries(names.map((name) => [name, 'build: {wasm: x.wasm}\n']));
  const probeOf = async (settings: string) => {
    const { container } = podOf(await rendered(t, { functions, settings }), 'functions');
    return container.startupProbe;
  };
  const probe = { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1 };
  assert.deepEqual(await probeOf(''), { ...probe, failureThreshold: 300 });
  const settings = 'env: {COMPILE: start}\n';
  assert.deepEqual(await probeOf(settings), { ...probe, failureThreshold: 300 + 20 * 60 });
  const slow = await probeOf(`${settings}apps: {functions: {cpu: 0.5}}\n`);
  assert.deepEqual(slow, { ...probe, failureThreshold: 300 + 20 * 120 });
});

const WHOLE = 'namespace: x\nprometheusNamespace: y\ncpu: 1\nreplicas: {min: 1, max: 2}\n';

const refused: [what: string, sources: Sources, message: RegExp][] = [
  [
    'a function whose app is not in the run file',
    { functions: { big: 'build: {wasm: x.wasm}\napp: big-ones\n' } },
    /^The function big has the app big-ones, which .*dapr\.yaml does not have: add it there\.$/,
  ],
  ['a function.yaml that is wrong', { functions: { one: 'bild: rust\n' } }, /one\/function\.yaml/],
  [
    'settings of an app that is not in the run file',
    { settings: 'apps: {funktions: {cpu: 1}}' },
    /^apps\.funktions is in the settings, and .* has no app funktions: it has web-port, functions\.$/,
  ],
  [
    'a run file without web-port',
    { runFile: 'version: 1\napps: [{appID: functions, appDirPath: ., appPort: 1, command: [x]}]\n' },
    /has no app web-port/,
  ],
  [
    'an app whose folder is not in the repository',
    { runFile: `${RUN_FILE}{appID: functions, appDirPath: /x, appPort: 2, command: [x]}]\n` },
    /^The app functions has the folder \/x, which no image has: it has to be in .*\.$/,
  ],
  ...['My_App', 'a/b', `${'a'.repeat(64)}`].map((id): [string, Sources, RegExp] => [
    `an app called ${id}`,
    { runFile: `${RUN_FILE}{appID: ${id}, appDirPath: ., appPort: 2, command: [x]}]\n` },
    /^.* has the app \S+, which is no name for Kubernetes: at most 63 small letters/,
  ]),
  ...['network', 'kustomization', 'metrics', 'default-deny'].map((id): [string, Sources, RegExp] => [
    `an app called ${id}`,
    { apps: [id] },
    new RegExp(`^The app ${id} cannot be called so on Kubernetes: .* Give it another appID\\.$`),
  ]),
  [
    'an app without a port',
    { runFile: 'version: 1\napps: [{appID: web-port, appDirPath: ., command: [x]}]\n' },
    /gives the app web-port no appPort: on Kubernetes it needs one\.$/,
  ],
  [
    'a key that there is not',
    { settings: 'cpus: 2' },
    /settings\.yaml is not valid:\n {2}the file: .*"cpus"/,
  ],
  ['no namespace', { allSettings: WHOLE.replace('namespace: x', '') }, / {2}namespace: /],
  [
    'a namespace that is no name',
    { allSettings: WHOLE.replace('x', 'X_1') },
    / {2}namespace: must be a name of Kubernetes/,
  ],
  [
    'more replicas at least than at most',
    { allSettings: WHOLE.replace('min: 1', 'min: 3') },
    / {2}replicas: min must not be above max/,
  ],
  [
    'memory without a unit',
    { settings: 'apps: {functions: {memory: 512}}' },
    / {2}apps\.functions\.memory: must be memory, such as 512Mi or 2Gi/,
  ],
  [
    'a variable that the manifests set',
    { settings: 'env: {HOST: 127.0.0.1}' },
    / {2}env\.HOST: is set by the manifests: leave it out/,
  ],
  [
    'a setting that the service would refuse',
    { settings: 'env: {INSTANCES: many}' },
    /^The settings of functions are not usable\. The environment is not usable:\n {2}INSTANCES="many": must be a whole number$/,
  ],
  ['a file that is no YAML', { allSettings: '{' }, /settings\.yaml cannot be read: /],
];
for (const [what, sources, message] of refused)
  test(`${what} is refused`, async (t) => {
    await assert.rejects(rendered(t, sources), { message });
  });
