import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../paths.js';
import { MANIFESTS_FOLDER } from './command.js';
import { oldFiles } from './files.js';
import { podOf, resourcesOf } from './fixtures/rendering.js';
import { renderManifests } from './render.js';

const manifests = await renderManifests(
  path.join(root, 'dapr.yaml'),
  path.join(MANIFESTS_FOLDER, 'settings.yaml'),
);
const resources = resourcesOf(manifests);
const APPS = ['web-port', 'image-api-grayscale', 'image-api-classify'];
const named = (kind: string) =>
  resources.filter((each) => each.kind === kind).map(({ metadata }) => metadata.name);

test('the manifests in git are those that would be rendered: `npm run kubernetes` renders them', async () => {
  assert.deepEqual(await oldFiles(MANIFESTS_FOLDER, manifests), []);
});

test('each app has all that it needs, and web-port alone has an address', () => {
  for (const kind of [
    'Deployment',
    'ServiceAccount',
    'Configuration',
    'HorizontalPodAutoscaler',
    'PodDisruptionBudget',
  ])
    for (const app of APPS) assert.ok(named(kind).includes(app), `${kind} of ${app}`);
  assert.deepEqual(named('Service'), ['web-port']);
  for (const app of APPS) assert.ok(named('NetworkPolicy').includes(app), app);
});

test('no resource is there twice', () => {
  const names = resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  assert.deepEqual(names, [...new Set(names)]);
});

for (const app of APPS) {
  const { pod, container, annotations, env } = podOf(manifests, app);
  test(`${app}: a pod may do as little as the namespace demands, and has no token`, () => {
    assert.deepEqual(pod.securityContext, {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    assert.equal(pod.automountServiceAccountToken, false);
    assert.equal(pod.serviceAccountName, app);
    // Its sidecar would ask Kubernetes' API for secrets, and end without a token.
    assert.equal(annotations['dapr.io/disable-builtin-k8s-secret-store'], 'true');
  });

  test(`${app}: the service listens where the sidecar, the kubelet and Prometheus look for it`, () => {
    const [http, metrics] = container.ports;
    assert.equal(env.HOST, '0.0.0.0');
    assert.equal(env.APP_PORT, String(http?.containerPort));
    assert.equal(annotations['dapr.io/app-port'], env.APP_PORT);
    assert.equal(env.METRICS_PORT, String(metrics?.containerPort));
    assert.equal(annotations['prometheus.io/port'], env.METRICS_PORT);
    assert.equal(env.APP_ID, app);
    assert.equal(annotations['dapr.io/app-id'], app);
  });

  test(`${app}: what is in work when its pod ends has its time, and so has the sidecar behind it`, () => {
    const shutdownMs = 8000;
    const sidecarSeconds = 5;
    const needed = (Number(env.DRAIN_MS) + shutdownMs) / 1000 + sidecarSeconds;
    assert.ok(pod.terminationGracePeriodSeconds >= needed);
    assert.equal(annotations['dapr.io/enable-native-sidecar'], 'true');
    // A sidecar knows an address for 20 s.
    if (app !== 'web-port') assert.ok(Number(env.DRAIN_MS) > 20_000);
  });
}

test('a sidecar is as on one machine where that is the same here', () => {
  const { annotations } = podOf(manifests, 'image-api-classify');
  assert.equal(annotations['dapr.io/max-body-size'], '16Mi');
  assert.equal(annotations['dapr.io/app-health-check-path'], '/healthz');
  for (const key of ['resources-path', 'dapr-listen-addresses', 'placement-host-address', 'dapr-http-port'])
    assert.equal(annotations[`dapr.io/${key}`], undefined, key);
});

test('functions ask for the token that their sidecar has, and web-port has none to give', () => {
  const grayscale = podOf(manifests, 'image-api-grayscale');
  assert.equal(grayscale.annotations['dapr.io/app-token-secret'], 'app-api-token');
  const token = grayscale.container.env.find(({ name }) => name === 'APP_API_TOKEN');
  assert.deepEqual(token?.valueFrom, { secretKeyRef: { name: 'app-api-token', key: 'token' } });
  const edge = podOf(manifests, 'web-port');
  assert.equal(edge.annotations['dapr.io/app-token-secret'], undefined);
  assert.ok(!('APP_API_TOKEN' in edge.env));
});

test('web-port alone may call functions, by POST and at their addresses; nobody may call web-port', () => {
  const accessOf = (app: string) =>
    resources.find(({ kind, metadata }) => kind === 'Configuration' && metadata.name === app)?.spec
      ?.accessControl;
  assert.deepEqual(accessOf('web-port'), { defaultAction: 'deny', trustDomain: 'public' });
  for (const app of ['image-api-grayscale', 'image-api-classify'])
    assert.deepEqual(accessOf(app), {
      defaultAction: 'deny',
      trustDomain: 'public',
      policies: [
        {
          appId: 'web-port',
          namespace: 'dapr-wasmedge',
          trustDomain: 'public',
          defaultAction: 'deny',
          operations: [
            { name: '/functions/*', httpVerb: ['POST'], action: 'allow' },
            { name: '/api/image', httpVerb: ['POST'], action: 'allow' },
          ],
        },
      ],
    });
});

test('the sidecar of web-port has the API of one machine, and the others tell about themselves alone', () => {
  const apiOf = (app: string) =>
    resources.find(({ kind, metadata }) => kind === 'Configuration' && metadata.name === app)?.spec?.api;
  const metadata = { name: 'metadata', version: 'v1.0', protocol: 'http' };
  assert.deepEqual(apiOf('web-port'), {
    allowed: [
      { name: 'invoke', version: 'v1.0', protocol: 'http' },
      metadata,
      { name: 'invoke', version: 'v1', protocol: 'grpc' },
    ],
  });
  assert.deepEqual(apiOf('image-api-grayscale'), { allowed: [metadata] });
});

test('what an app answered is never sent again', () => {
  const spec = resources.find(({ kind }) => kind === 'Resiliency')?.spec;
  assert.deepEqual(spec?.policies, {
    retries: {
      unreached: {
        policy: 'constant',
        duration: '200ms',
        maxRetries: 20,
        matching: { httpStatusCodes: '599', gRPCStatusCodes: '14' },
      },
    },
  });
  assert.deepEqual(spec?.targets, {
    apps: {
      'image-api-grayscale': { retry: 'unreached' },
      'image-api-classify': { retry: 'unreached' },
    },
  });
});
