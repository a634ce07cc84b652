import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { z } from 'zod';
import { APP_OF, deployed, EDGE, IMAGE } from './deployment.js';
import { figure } from './figures.js';
import { apply, get, kubectl, NAMESPACE } from './kubectl.js';
import { isReady, onlyPod, pods } from './pods.js';

await deployed();

const SIDECAR_HTTP = 3500;
const SIDECAR_PEERS = 50_002;
let refusals = 0;
const INTRUDER = 'intruder';
const STRANGER = 'stranger';

/** Pods of another app, one with a sidecar and one without, that wait to be told what to do. */
before(async () => {
  await apply(podOf(INTRUDER, sidecarOf(INTRUDER)), podOf(STRANGER, {}));
  const areReady = async () =>
    [...(await pods(INTRUDER)), ...(await pods(STRANGER))].filter(isReady).length === 2;
  await pWaitFor(areReady, { interval: 200, timeout: 60_000 });
});
after(async () => {
  await figure('other apps, wrong tokens, closed APIs', `${refusals} requests, each refused`);
  await kubectl('delete', 'pod', INTRUDER, STRANGER, '--grace-period=1');
});

function sidecarOf(id: string): Record<string, string> {
  return {
    'dapr.io/enabled': 'true',
    'dapr.io/app-id': id,
    'dapr.io/disable-builtin-k8s-secret-store': 'true',
    'dapr.io/enable-native-sidecar': 'true',
  };
}

function podOf(name: string, annotations: Readonly<Record<string, string>>): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, labels: { app: name }, annotations },
    spec: {
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name,
          image: IMAGE,
          imagePullPolicy: 'Never',
          command: ['node', '-e', 'setInterval(() => {}, 1e6)'],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
}

/** What a request from within a pod comes to: its status and the beginning of its answer, or why there was none. */
async function ask(
  pod: { readonly name: string; readonly container: string },
  url: string,
  init: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  } = {},
): Promise<string> {
  const script = `fetch(${JSON.stringify(url)}, ${JSON.stringify(init)}).then(async (a) => console.log(a.status, (await a.text()).slice(0, 300)), (e) => console.log('none:', e.cause?.code ?? e.message))`;
  return kubectl('exec', pod.name, '--container', pod.container, '--', 'node', '-e', script);
}

const intruder = { name: INTRUDER, container: INTRUDER };
const stranger = { name: STRANGER, container: STRANGER };
const picture = { method: 'POST', body: 'a picture' };
const ownSidecar = `http://127.0.0.1:${SIDECAR_HTTP}`;

/** Checks that it was refused, and counts it. */
function refused(said: string, how: RegExp): void {
  assert.match(said, how);
  refusals += 1;
}

/** The ports that an app's service listens on, by what its Deployment says. */
async function servicePort(app: string): Promise<number> {
  const port = z.object({ name: z.string(), containerPort: z.number() });
  const template = z.object({ spec: z.object({ containers: z.array(z.object({ ports: z.array(port) })) }) });
  const { spec } = await get(z.object({ spec: z.object({ template }) }), 'deployment', app);
  const found = spec.template.spec.containers[0]?.ports.find(({ name }) => name === 'http');
  return found?.containerPort ?? assert.fail(`${app} has no port http`);
}

for (const [name, app] of Object.entries(APP_OF)) {
  test(`${name}: another app gets nothing of it through its own sidecar`, async () => {
    for (const method of [`functions/${name}`, 'api/image', 'healthz', 'metrics']) {
      const said = await ask(intruder, `${ownSidecar}/v1.0/invoke/${app}/method/${method}`, picture);
      refused(said, /^403 .*(access control|permission denied)/is);
    }
  });

  test(`${name}: who comes to the service itself, without the token or with a wrong one, is refused`, async () => {
    const { status } = await onlyPod(app);
    const port = await servicePort(app);
    for (const from of [intruder, stranger])
      for (const headers of [{}, { 'dapr-api-token': 'guessed' }]) {
        const url = `http://${status.podIP}:${port}/functions/${name}`;
        refused(await ask(from, url, { ...picture, headers }), /^401 .*ERR_APP_TOKEN/);
      }
  });

  test(`${name}: its sidecar hears no other pod but those with a certificate`, async () => {
    const { status } = await onlyPod(app);
    refused(
      await ask(stranger, `http://${status.podIP}:${SIDECAR_HTTP}/v1.0/metadata`),
      /^none: ECONNREFUSED/,
    );
    for (const scheme of ['http', 'https'])
      refused(await ask(stranger, `${scheme}://${status.podIP}:${SIDECAR_PEERS}/`), /^none: /);
  });
}

test('nobody calls web-port through Dapr', async () => {
  for (const method of ['api/hello', 'api/functions'])
    refused(await ask(intruder, `${ownSidecar}/v1.0/invoke/${EDGE}/method/${method}`, picture), /^403 /);
});

test('web-port gets no further with the others than to their functions', async () => {
  const edge = { name: (await onlyPod(EDGE)).metadata.name, container: EDGE };
  for (const method of ['metrics', 'healthz', ''])
    refused(await ask(edge, `${ownSidecar}/v1.0/invoke/${APP_OF.grayscale}/method/${method}`), /^403 /);
});

for (const app of [EDGE, ...Object.values(APP_OF)])
  test(`${app}: of its sidecar's API there is no more than on one machine`, async () => {
    const pod = { name: (await onlyPod(app)).metadata.name, container: app };
    const closed = [
      'shutdown',
      'state/store',
      'publish/pubsub/topic',
      'secrets/kubernetes/app-api-token',
      'configuration/store',
    ];
    for (const path of closed)
      refused(await ask(pod, `${ownSidecar}/v1.0/${path}`, { method: 'POST' }), /^404 /);
    assert.match(await ask(pod, `${ownSidecar}/v1.0/metadata`), /^200 /);
  });
