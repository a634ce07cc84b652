import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import pWaitFor from 'p-wait-for';
import { z } from 'zod';
import { get, kubectl } from './kubectl.js';

const containerSchema = z.object({
  name: z.string(),
  containerID: z.string().optional(),
  ready: z.boolean(),
  restartCount: z.number(),
  state: z.object({ running: z.object({ startedAt: z.coerce.date() }).optional() }),
  lastState: z.object({ terminated: z.object({ reason: z.string(), exitCode: z.number() }).optional() }),
});

const podSchema = z.object({
  metadata: z.object({ name: z.string(), uid: z.string(), deletionTimestamp: z.string().optional() }),
  spec: z.object({ containers: z.array(z.object({ name: z.string(), image: z.string() })) }),
  status: z.object({
    podIP: z.string().optional(),
    conditions: z
      .array(z.object({ type: z.string(), status: z.string(), lastTransitionTime: z.coerce.date() }))
      .default([]),
    containerStatuses: z.array(containerSchema).default([]),
    initContainerStatuses: z.array(containerSchema).default([]),
  }),
});

/** A pod as Kubernetes tells of it. */
export type Pod = z.output<typeof podSchema>;

/** The sidecar's container, as Dapr's injector names it. */
export const SIDECAR = 'daprd';

/** All pods of an app. */
export async function allPods(app: string): Promise<Pod[]> {
  const { items } = await get(z.object({ items: z.array(podSchema) }), 'pods', '--selector', `app=${app}`);
  return items;
}

/** The pods of an app that are to stay. */
export async function pods(app: string): Promise<Pod[]> {
  return (await allPods(app)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** The only pod of an app. */
export async function onlyPod(app: string): Promise<Pod> {
  const [pod, ...others] = await pods(app);
  assert.ok(pod !== undefined && others.length === 0, `${app} has ${others.length + 1} pods`);
  return pod;
}

/** Whether the pod is ready, as its Services see it. */
export function isReady(pod: Pod): boolean {
  return pod.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** A container of a pod: the app's is named as the app, the sidecar's `SIDECAR`. */
export function containerOf({ metadata, status }: Pod, name: string): z.output<typeof containerSchema> {
  const all = [...status.containerStatuses, ...status.initContainerStatuses];
  return all.find((each) => each.name === name) ?? assert.fail(`${metadata.name} has no container ${name}`);
}

/** Waits until an app has this many ready pods, and no other ones: none of an older version, not even such that are ending. */
export async function settled(app: string, count: number, timeout = 180_000): Promise<void> {
  await kubectl('rollout', 'status', `deployment/${app}`, `--timeout=${timeout}ms`);
  const isSettled = async () => {
    const all = await allPods(app);
    return (
      all.length === count && all.every((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined)
    );
  };
  await pWaitFor(isSettled, { interval: 500, timeout }).catch(async (cause: unknown) => {
    const states = (await allPods(app)).map(
      (pod) =>
        `${pod.metadata.name} ${isReady(pod) ? 'ready' : 'not ready'}${pod.metadata.deletionTimestamp ? ', ending' : ''}`,
    );
    throw new Error(`${app} has not come to ${count} ready pods: ${states.join('; ')}`, { cause });
  });
}

/** The processes of a container, lowest first; the one that was started first is its main one. */
export function processesOf(pod: Pod, container: string): number[] {
  const [, id] = (containerOf(pod, container).containerID ?? '').split('//');
  assert.ok(id, `${container} does not run`);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && read(`/proc/${name}/cgroup`).includes(id))
    .map(Number)
    .sort((a, b) => a - b);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // It has ended.
  }
}
