import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import { ClusterLoad } from './cluster-load.js';
import { APP_OF, changed, containerChange, deployed, EDGE, scale } from './deployment.js';
import { apply, kubectl } from './kubectl.js';
import { ofOverlay } from './overlays.js';
import { allAreAsked, answersByPod } from './pod-counts.js';
import { settled } from './pods.js';

const MOST_PODS = 3;
const autoscalerSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({}),
});

const url = await deployed();

for (const app of [APP_OF.grayscale, EDGE])
  test(`${app} goes from one pod to three and back without one failed request, and the three share the work`, async (t) => {
    const load = await ClusterLoad.start(t, { url, apis: ['grayscale'] });
    await scale(app, 3);
    await settled(app, 3);
    const seconds = await allAreAsked(app);
    const before = await answersByPod(app);
    await load.someMore(200);
    const now = await answersByPod(app);
    const shares = [...now].map(([pod, count]) => count - (before.get(pod) ?? 0));
    await scale(app, 1);
    await settled(app, 1);
    await load.someMore();
    await load.stop(
      `${app} from 1 to 3 pods and back, by hand`,
      `all three have requests ${seconds} s after they are ready, and then answered ${shares.join(', ')}`,
    );
    const all = shares.reduce((sum, count) => sum + count, 0);
    for (const share of shares) assert.ok(share > all / 10, `of ${all} requests the pods answered ${shares}`);
  });

test('the autoscaler brings pods where there is work, and takes them away again, without one failed request', async (t) => {
  const app = APP_OF.grayscale;
  await autoscaled(t, app);
  // The clients of a test share the processors with what they ask: so little is much here.
  await changed(t, app, containerChange(app, { resources: { requests: { cpu: '50m' } } }));
  await settled(app, 1);
  const load = await ClusterLoad.start(t, { url, apis: ['grayscale'] });
  const since = performance.now();
  const seconds = () => ((performance.now() - since) / 1000).toFixed(0);
  await settled(app, MOST_PODS);
  const up = seconds();
  load.pause();
  await settled(app, 1);
  const down = seconds();
  await load.stop(
    `${app} from 1 to 3 pods and back, by the autoscaler`,
    `three ready after ${up} s, one again after ${down} s`,
  );
});

/** Gives an app the autoscaler of the overlay `production`, for fewer pods and without its patience when there is less to do. */
async function autoscaled(t: TestContext, app: string): Promise<void> {
  const autoscalers = await ofOverlay('production', 'HorizontalPodAutoscaler', autoscalerSchema);
  const found =
    autoscalers.find(({ metadata }) => metadata.name === app) ?? assert.fail(`${app} has no autoscaler`);
  t.after(() => kubectl('delete', 'horizontalpodautoscaler', app));
  const behavior = {
    scaleDown: { stabilizationWindowSeconds: 15, policies: [{ type: 'Pods', value: 2, periodSeconds: 10 }] },
  };
  await apply({ ...found, spec: { ...found.spec, minReplicas: 1, maxReplicas: MOST_PODS, behavior } });
}
