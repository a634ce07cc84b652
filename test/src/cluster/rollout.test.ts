import assert from 'node:assert/strict';
import { test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { ClusterLoad } from './cluster-load.js';
import { APP_OF, changed, containerChange, deployed, EDGE, tagImage } from './deployment.js';
import { containerOf, isReady, onlyPod, pods, settled } from './pods.js';

const url = await deployed();

for (const [what, apps] of [
  ['of web-port', [EDGE]],
  ['of the services of functions', Object.values(APP_OF)],
] as const)
  test(`a new image ${what} comes without one failed request`, async (t) => {
    const image = await tagImage('next');
    const before = await Promise.all(apps.map(onlyPod));
    const load = await ClusterLoad.start(t, { url });
    for (const app of apps) await changed(t, app, containerChange(app, { image }));
    for (const [i, app] of apps.entries()) {
      await pWaitFor(
        async () => (await pods(app)).some(({ metadata }) => metadata.uid !== before[i]?.metadata.uid),
        { interval: 200, timeout: 30_000 },
      );
      await settled(app, 1);
      const pod = await onlyPod(app);
      assert.notEqual(pod.metadata.uid, before[i]?.metadata.uid);
      assert.equal(pod.spec.containers.find(({ name }) => name === app)?.image, image);
    }
    await load.someMore();
    await load.stop(`a rolling update ${what}`);
  });

test('a new version that never gets ready does not take the place of the old one', async (t) => {
  const app = APP_OF.grayscale;
  const old = await onlyPod(app);
  const image = await tagImage('broken');
  const load = await ClusterLoad.start(t, { url, apis: ['grayscale'] });
  // As an image in which the functions were forgotten.
  await changed(t, app, containerChange(app, { image, env: [{ name: 'BUILT_DIR', value: '/app/nowhere' }] }));
  const runsButIsNotReady = async () => {
    const fresh = (await pods(app)).find(({ metadata }) => metadata.uid !== old.metadata.uid);
    return (
      fresh !== undefined &&
      containerOf(fresh, app).state.running !== undefined &&
      pWaitFor.resolveWith(fresh)
    );
  };
  const fresh = await pWaitFor(runsButIsNotReady, { interval: 200, timeout: 60_000 });
  await load.someMore(300);
  const [oldNow, freshNow] = [old, fresh].map(async ({ metadata }) =>
    (await pods(app)).find((pod) => pod.metadata.uid === metadata.uid),
  );
  assert.ok(isReady((await oldNow) ?? assert.fail('the old pod is gone')));
  assert.ok(!isReady((await freshNow) ?? assert.fail('the new pod is gone')));
  await load.stop('a new version that never gets ready');
});
