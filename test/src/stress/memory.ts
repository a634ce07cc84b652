import assert from 'node:assert/strict';
import { descendants, pssMb } from '@dapr-wasmedge/scripts/processes';

/** A process and what it has started, by a name for people. */
export type Watched = Readonly<Record<string, number>>;

/** Memory of each process by itself, and of what it has started, PSS in MB. */
export async function weigh(processes: Watched): Promise<Record<string, number>> {
  const weights: Record<string, number> = {};
  for (const [name, pid] of Object.entries(processes)) {
    weights[name] = await pssMb([pid]);
    const own = await descendants(pid);
    if (own.length > 0) weights[`${name}, what it started`] = await pssMb(own);
  }
  return weights;
}

/**
 * Checks that no process has grown by more than `mostMb`, and says how each has changed.
 *
 * @throws AssertionError that names the first that has
 */
export function assertNotGrown(
  before: Record<string, number>,
  after: Record<string, number>,
  mostMb: number,
): string {
  const changes = Object.entries(after).map(([name, mb]) => ({ name, mb, grown: mb - (before[name] ?? 0) }));
  for (const { name, grown } of changes)
    assert.ok(grown <= mostMb, `${name} has grown by ${grown.toFixed(1)} MB; at most ${mostMb} are expected`);
  return changes
    .map(({ name, mb, grown }) => `${name} ${mb.toFixed(0)} MB (${grown < 0 ? '' : '+'}${grown.toFixed(1)})`)
    .join(', ');
}
