import pWaitFor from 'p-wait-for';
import { z } from 'zod';
import { get } from './kubectl.js';
import { pods } from './pods.js';

const METRICS_PORT = 'metrics';

/** How many requests each pod of an app has answered so, by the pod's name; from the pods' own metrics. */
export async function answersByPod(app: string, answer = 200): Promise<Map<string, number>> {
  const port = await metricsPort(app);
  const counts = (await pods(app)).map(async ({ metadata, status }) => {
    const text = await (await fetch(`http://${status.podIP}:${port}/metrics`)).text();
    const lines = text.matchAll(/^http_request_duration_seconds_count\{(.*)\} (\d+)$/gm);
    const answered = [...lines].filter(
      ([, labels = '']) => labels.includes('method="POST"') && labels.includes(`status="${answer}"`),
    );
    return [metadata.name, answered.reduce((sum, [, , count]) => sum + Number(count), 0)] as const;
  });
  return new Map(await Promise.all(counts));
}

/**
 * Waits until each pod of an app is asked, under a load; resolves with how long that took, in s. A sidecar asks for an app's
 * addresses every 20 s, so new pods are asked later than they are ready.
 */
export async function allAreAsked(app: string): Promise<string> {
  const since = performance.now();
  const before = await answersByPod(app);
  const allAsked = async () =>
    [...(await answersByPod(app))].every(([pod, count]) => count > (before.get(pod) ?? 0));
  await pWaitFor(allAsked, { interval: 200, timeout: 60_000 });
  return ((performance.now() - since) / 1000).toFixed(0);
}

async function metricsPort(app: string): Promise<number> {
  const port = z.object({ name: z.string(), containerPort: z.number() });
  const container = z.object({ name: z.string(), ports: z.array(port).default([]) });
  const template = z.object({ spec: z.object({ containers: z.array(container) }) });
  const { spec } = await get(z.object({ spec: z.object({ template }) }), 'deployment', app);
  const ports = spec.template.spec.containers.find(({ name }) => name === app)?.ports ?? [];
  const found = ports.find(({ name }) => name === METRICS_PORT);
  if (found === undefined) throw new Error(`${app} has no port ${METRICS_PORT}`);
  return found.containerPort;
}
