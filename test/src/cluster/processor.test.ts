import assert from 'node:assert/strict';
import { test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { ClusterLoad } from './cluster-load.js';
import { APP_OF, changed, deployed } from './deployment.js';
import { apply, kubectl, NAMESPACE } from './kubectl.js';
import { isReady, onlyPod, pods } from './pods.js';

const url = await deployed();
const SERVICE = APP_OF.grayscale;
const RECORD = '/app/.runtime/functions/grayscale/grayscale.json';

test('a pod whose function was compiled for another processor says so, and does not take the place of the others', async (t) => {
  const old = await onlyPod(SERVICE);
  const script = `console.log(fs.readFileSync('${RECORD}', 'utf8'))`;
  const text = await kubectl('exec', old.metadata.name, '--container', SERVICE, '--', 'node', '-e', script);
  // As if the image had been built by --cpu native on another machine.
  const record = JSON.stringify({ ...JSON.parse(text), cpu: 'another processor' });
  const metadata = { name: 'record', namespace: NAMESPACE };
  await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { record } });
  t.after(() => kubectl('delete', 'configmap', 'record'));
  const load = await ClusterLoad.start(t, { url, apis: ['grayscale'] });
  const volume = { name: 'record', configMap: { name: 'record' } };
  const mount = { name: 'record', mountPath: RECORD, subPath: 'record' };
  const containers = [{ name: SERVICE, volumeMounts: [mount] }];
  await changed(t, SERVICE, { spec: { template: { spec: { containers, volumes: [volume] } } } });

  const fresh = async () => (await pods(SERVICE)).find(({ metadata }) => metadata.uid !== old.metadata.uid);
  const logOfFresh = async () =>
    kubectl('logs', (await fresh())?.metadata.name ?? '', '--container', SERVICE).catch(() => '');
  const saysSo = async () =>
    /was compiled for the processor another processor alone/.test(await logOfFresh());
  await pWaitFor(saysSo, { interval: 500, timeout: 60_000 });
  await load.someMore(300);
  const stillNew = (await fresh()) ?? assert.fail('the new pod is gone');
  assert.ok(!isReady(stillNew));
  assert.ok((await pods(SERVICE)).some((pod) => pod.metadata.uid === old.metadata.uid && isReady(pod)));
  await load.stop('a new version that was compiled for another processor');
});
