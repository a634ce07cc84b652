import assert from 'node:assert/strict';
import { test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { picturesOf } from '../bombs.js';
import { post } from '../hello.js';
import { ClusterLoad } from './cluster-load.js';
import { APP_OF, changed, containerChange, deployed } from './deployment.js';
import { containerOf, onlyPod, settled } from './pods.js';

const url = await deployed();
const SERVICE = APP_OF.grayscale;
const REFUSALS = [502, 503, 504];

test('a container that comes to its memory limit ends, and no answer is wrong', async (t) => {
  const limits = { resources: { requests: { memory: '128Mi' }, limits: { memory: '256Mi' } } };
  await changed(t, SERVICE, containerChange(SERVICE, limits));
  await settled(SERVICE, 1);
  const [name, large] =
    Object.entries(await picturesOf(8000, 6000)).find(([each]) => each.includes('rogressive')) ??
    assert.fail();
  const load = await ClusterLoad.start(t, { url, apis: ['grayscale'], allowed: REFUSALS });
  const answers: Record<string, number> = {};
  const isOver = async () => {
    const { lastState, restartCount } = containerOf(await onlyPod(SERVICE), SERVICE);
    return restartCount > 0 && lastState.terminated?.reason === 'OOMKilled';
  };
  const sendLarge = async () => {
    const { status } = await post(`${url}/api/hello`, large, { api: 'grayscale' });
    assert.ok([200, ...REFUSALS].includes(status), String(status));
    answers[status] = (answers[status] ?? 0) + 1;
  };
  await pWaitFor(
    async () => {
      await Promise.all([sendLarge(), sendLarge(), sendLarge(), sendLarge()]);
      return isOver();
    },
    { interval: 50, timeout: 120_000 },
  );
  await settled(SERVICE, 1);
  await load.someMore();
  const told = Object.entries(answers)
    .map(([status, count]) => `${count} times ${status}`)
    .join(', ');
  await load.stop('256 MiB for one pod of grayscale', `OOMKilled; ${name} of 48 megapixels: ${told}`);
});

test('with a fifth of a processor there are refusals, and no wrong answer', async (t) => {
  const limits = { resources: { requests: { cpu: '50m' }, limits: { cpu: '200m' } } };
  await changed(t, SERVICE, containerChange(SERVICE, limits));
  await settled(SERVICE, 1);
  const load = await ClusterLoad.start(t, { url, apis: ['grayscale'], allowed: REFUSALS });
  await load.someMore(100);
  await load.stop('200 thousandths of a processor for one pod of grayscale');
});
