import assert from 'node:assert/strict';
import { childrenOf, memoryMb } from '../processes.js';

/** Processes by a name for people. */
export type Processes = Readonly<Record<string, number>>;

/** Memory of processes, in MB of 1024² bytes. */
export type Weights = Readonly<Record<string, number>>;

/**
 * Weighs each process, and each that it has started itself, as a service has the parent of its forks: what it holds
 * beside mapped files (RssAnon, proc_pid_status(5)), whose share in memory depends on who else has them mapped.
 */
export function weigh(processes: Processes): Weights {
  const weights: Record<string, number> = {};
  for (const [name, pid] of Object.entries(processes)) {
    weights[name] = memoryMb(pid, 'RssAnon');
    for (const child of childrenOf(pid))
      weights[`${name}'s child ${child.pid}`] = memoryMb(child.pid, 'RssAnon');
  }
  return weights;
}

/**
 * Checks that each process is still there and has not grown by more than `maxMb`; says how each has changed.
 *
 * @throws AssertionError that names the first that is gone or has grown
 */
export function assertNotGrown(before: Weights, after: Weights, maxMb: number): string {
  assert.deepEqual(Object.keys(after), Object.keys(before), 'not the same processes');
  const changes = Object.entries(after).map(([name, mb]) => ({ name, mb, grown: mb - (before[name] ?? 0) }));
  for (const { name, grown } of changes)
    assert.ok(grown <= maxMb, `${name} has grown by ${grown.toFixed(1)} MB; at most ${maxMb} are expected`);
  return changes
    .map(({ name, mb, grown }) => `${name} ${mb.toFixed(0)} MB (${grown < 0 ? '' : '+'}${grown.toFixed(1)})`)
    .join(', ');
}
