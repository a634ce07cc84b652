import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import pWaitFor from 'p-wait-for';
import { z } from 'zod';
import { ClusterLoad } from './cluster-load.js';
import { deployed } from './deployment.js';

const AWAY_MS = 60_000;
const DAPR = 'dapr-system';
const workloadSchema = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string() }),
  spec: z.object({ replicas: z.number() }),
});

const url = await deployed();
const dapr = async (...args: readonly string[]) =>
  (await execa('kubectl', ['--namespace', DAPR, ...args])).stdout;

test("without Dapr's control plane for a minute, calls go on", async (t) => {
  const listed = await dapr('get', 'deployments,statefulsets', '--output', 'json');
  const { items } = z.object({ items: z.array(workloadSchema) }).parse(JSON.parse(listed));
  assert.ok(items.length >= 5, listed);
  const nameOf = ({ kind, metadata }: z.output<typeof workloadSchema>) =>
    `${kind.toLowerCase()}/${metadata.name}`;
  const bringBack = async () => {
    for (const each of items) await dapr('scale', nameOf(each), `--replicas=${each.spec.replicas}`);
    for (const each of items) await dapr('rollout', 'status', nameOf(each), '--timeout=120s');
  };
  t.after(bringBack);
  const load = await ClusterLoad.start(t, { url });
  for (const each of items) await dapr('scale', nameOf(each), '--replicas=0');
  const isGone = async () => (await dapr('get', 'pods', '--output', 'name')) === '';
  await pWaitFor(isGone, { interval: 500, timeout: 90_000 });
  // What is tested is a time.
  await delay(AWAY_MS);
  await load.someMore();
  assert.equal(await dapr('get', 'pods', '--output', 'name'), '');
  await load.stop("Dapr's control plane away for a minute");
});
