import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { descendants, parentOf } from '@dapr-wasmedge/scripts/processes';

/** Processes by a name for people. */
export type Processes = Readonly<Record<string, number>>;

/** Memory of processes, in MB of 1024² bytes. */
export type Weights = Readonly<Record<string, number>>;

/**
 * Weighs each process, and each that it has started itself, as a service has the parent of its forks: what it holds
 * beside mapped files (RssAnon, proc_pid_status(5)), whose share in memory depends on who else has them mapped.
 */
export async function weigh(processes: Processes): Promise<Weights> {
  const weights: Record<string, number> = {};
  for (const [name, pid] of Object.entries(processes)) {
    weights[name] = await ownMb(pid);
    for (const child of await childrenOf(pid)) weights[`${name}'s child ${child}`] = await ownMb(child);
  }
  return weights;
}

/**
 * Checks that each process is still there and has not grown by more than `mostMb`; says how each has changed.
 *
 * @throws AssertionError that names the first that is gone or has grown
 */
export function assertNotGrown(before: Weights, after: Weights, mostMb: number): string {
  assert.deepEqual(Object.keys(after), Object.keys(before), 'not the same processes');
  const changes = Object.entries(after).map(([name, mb]) => ({ name, mb, grown: mb - (before[name] ?? 0) }));
  for (const { name, grown } of changes)
    assert.ok(grown <= mostMb, `${name} has grown by ${grown.toFixed(1)} MB; at most ${mostMb} are expected`);
  return changes
    .map(({ name, mb, grown }) => `${name} ${mb.toFixed(0)} MB (${grown < 0 ? '' : '+'}${grown.toFixed(1)})`)
    .join(', ');
}

async function ownMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

async function childrenOf(pid: number): Promise<number[]> {
  const all = await Promise.all(
    // One that has just ended has no parent any more.
    (await descendants(pid)).map(async (each) => ({ each, parent: await parentOf(each).catch(() => 0) })),
  );
  return all.filter(({ parent }) => parent === pid).map(({ each }) => each);
}
