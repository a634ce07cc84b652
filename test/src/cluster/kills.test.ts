import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { execa } from 'execa';
import pWaitFor from 'p-wait-for';
import { childrenOf } from '../processes.js';
import { ClusterLoad } from './cluster-load.js';
import { APP_OF, deployed, EDGE, scale } from './deployment.js';
import { kubectl, NAMESPACE } from './kubectl.js';
import { allAreAsked } from './pod-counts.js';
import { containerOf, isReady, type Pod, pods, processesOf, SIDECAR, settled } from './pods.js';

const url = await deployed();
const SERVICE = APP_OF.grayscale;

/** A way for a pod, or a part of it, to end. */
interface Death {
  readonly name: string;
  readonly app: string;
  readonly kill: (pod: Pod) => Promise<unknown>;
  /**
   * Whether what stands before the part that died lives on and answers in its place: the service, which nobody asks again, or
   * the sidecar. Of that it is asked again, but not rightly: daprd (1.18) has a part of a large body alone for another try.
   */
  readonly isAnswered?: true;
  /** Whether it has come to its end, and something serves in its place. */
  readonly isBack: (before: Pod, count: number) => Promise<boolean>;
}

const killMain = (container: string) => async (pod: Pod) => process.kill(mainOf(pod, container), 'SIGKILL');

/** A container's first process. */
function mainOf(pod: Pod, container: string): number {
  return processesOf(pod, container)[0] ?? assert.fail(`${container} has no process`);
}

const isReplaced: Death['isBack'] = async (before, count) => {
  const now = await pods(before.spec.containers[0]?.name ?? '');
  return now.length === count && now.every((pod) => isReady(pod) && pod.metadata.uid !== before.metadata.uid);
};

const isRestarted =
  (container: string): Death['isBack'] =>
  async (before) => {
    const now = (await pods(before.spec.containers[0]?.name ?? '')).find(
      ({ metadata }) => metadata.uid === before.metadata.uid,
    );
    if (now === undefined || !isReady(now)) return false;
    return containerOf(now, container).restartCount > containerOf(before, container).restartCount;
  };

const deaths: readonly Death[] = [
  {
    name: 'a pod killed by force',
    app: SERVICE,
    kill: ({ metadata }) => kubectl('delete', 'pod', metadata.name, '--force', '--grace-period=0'),
    isBack: isReplaced,
  },
  {
    name: 'its service killed',
    app: SERVICE,
    isAnswered: true,
    kill: killMain(SERVICE),
    isBack: isRestarted(SERVICE),
  },
  { name: 'its sidecar killed', app: SERVICE, kill: killMain(SIDECAR), isBack: isRestarted(SIDECAR) },
  {
    name: "the parent of its function's forks killed",
    app: SERVICE,
    isAnswered: true,
    kill: async (pod) => {
      const [parent] = childrenOf(mainOf(pod, SERVICE));
      process.kill(parent?.pid ?? assert.fail('the function has no parent'), 'SIGKILL');
    },
    isBack: async (before) => {
      const now = (await pods(SERVICE)).find(({ metadata }) => metadata.uid === before.metadata.uid);
      return now !== undefined && isReady(now) && childrenOf(mainOf(now, SERVICE)).length > 0;
    },
  },
  {
    name: 'a pod evicted, as when its node is drained',
    app: SERVICE,
    kill: async ({ metadata }) => {
      const eviction = {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: metadata.name, namespace: NAMESPACE },
      };
      const path = `/api/v1/namespaces/${NAMESPACE}/pods/${metadata.name}/eviction`;
      await execa('kubectl', ['create', '--raw', path, '--filename', '-'], {
        input: JSON.stringify(eviction),
      });
    },
    isBack: isReplaced,
  },
];

async function victimOf(app: string): Promise<Pod> {
  return (await pods(app)).find(isReady) ?? assert.fail(`${app} has no ready pod`);
}

/** Kills one of so many pods under load; resolves with how long it takes until all serve again, in seconds. */
async function killed(
  t: TestContext,
  { app, kill, isBack }: Death,
  {
    count,
    allowed,
    connectionsMayBreak = false,
  }: { count: number; allowed: readonly number[]; connectionsMayBreak?: boolean },
) {
  await scale(app, count);
  await settled(app, count);
  const load = await ClusterLoad.start(t, { url, apis: ['grayscale'], allowed, connectionsMayBreak });
  await allAreAsked(app);
  const before = await victimOf(app);
  const since = performance.now();
  await kill(before);
  await pWaitFor(() => isBack(before, count), { interval: 200, timeout: 120_000 });
  const seconds = ((performance.now() - since) / 1000).toFixed(1);
  await settled(app, count);
  await load.someMore();
  return { load, seconds };
}

for (const death of deaths) {
  test(`${death.name}, the only one of its app: 502, 503 or 504 for a while, and back by itself`, async (t) => {
    const { load, seconds } = await killed(t, death, { count: 1, allowed: [502, 503, 504] });
    await load.stop(`${death.name}, one pod`, `ready again after ${seconds} s`);
  });

  const loss = death.isAnswered ? 'only what came to it fails' : 'not one failed request';
  test(`${death.name}, one of two: ${loss}`, async (t) => {
    t.after(() => scale(death.app, 1));
    const { load, seconds } = await killed(t, death, {
      count: 2,
      allowed: death.isAnswered ? [502, 503, 504] : [],
    });
    await load.stop(`${death.name}, one of two pods`, `ready again after ${seconds} s`);
  });
}

for (const [name, container] of [
  ['web-port itself killed', EDGE],
  ["web-port's sidecar killed", SIDECAR],
] as const)
  test(`${name}: 502, 503 or 504, or a lost connection, and back by itself`, async (t) => {
    const death = { name, app: EDGE, kill: killMain(container), isBack: isRestarted(container) };
    const options = { count: 1, allowed: [502, 503, 504], connectionsMayBreak: true };
    const { load, seconds } = await killed(t, death, options);
    await load.stop(name, `ready again after ${seconds} s`);
  });
