import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { execa } from 'execa';
import { z } from 'zod';
import { get, kubectl, NAMESPACE, patch } from './kubectl.js';
import { settled } from './pods.js';

/** The app that has a function, by its name. */
export const APP_OF = {
  grayscale: 'image-api-grayscale',
  classify: 'image-api-classify',
  histogram: 'functions',
} as const;

/** The one that is open to others. */
export const EDGE = 'web-port';

/** All apps. */
export const APPS: readonly string[] = [EDGE, ...Object.values(APP_OF)];

/** The image that is deployed, and the names of the node for it. */
export const IMAGE = process.env.IMAGE ?? assert.fail('IMAGE is not set: run it by npm run test:cluster');

/** Resolves with web-port's address in the cluster, when each app has one ready pod and no other. */
export async function deployed(): Promise<string> {
  for (const app of APPS) await scale(app, 1);
  for (const app of APPS) await settled(app, 1);
  const { spec } = await get(z.object({ spec: z.object({ clusterIP: z.string() }) }), 'service', EDGE);
  return `http://${spec.clusterIP}`;
}

/** Says how many pods an app is to have. */
export async function scale(app: string, count: number): Promise<void> {
  await kubectl('scale', 'deployment', app, `--replicas=${count}`);
}

/** What a Deployment is, and not of which version. */
const deploymentSchema = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    labels: z.unknown(),
    annotations: z.unknown(),
  }),
  spec: z.unknown(),
});

/** Changes an app's Deployment for one test; afterwards it is as it was, and has one ready pod. */
export async function changed(t: TestContext, app: string, change: object): Promise<void> {
  const { metadata, spec } = await get(deploymentSchema, 'deployment', app);
  t.after(async () => {
    const resource = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
    const args = ['--namespace', NAMESPACE, 'replace', '--filename', '-'];
    await execa('kubectl', args, { input: JSON.stringify(resource) });
    await scale(app, 1);
    await settled(app, 1);
  });
  await patch('deployment', app, change);
}

/** A change of the container that an app's service runs in. */
export function containerChange(app: string, container: object): object {
  return { spec: { template: { spec: { containers: [{ name: app, ...container }] } } } };
}

/** Gives an image of the node a second name. */
export async function tagImage(tag: string): Promise<string> {
  const name = IMAGE.replace(/:[^:/]+$/, `:${tag}`);
  await execa('ctr', ['--namespace', 'k8s.io', 'images', 'tag', '--force', IMAGE, name]);
  return name;
}
