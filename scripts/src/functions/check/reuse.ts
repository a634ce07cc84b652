import type { InstanceSource } from '@app/wasmedge-node';
import { type Case, goodInput } from './cases.js';
import type { Report } from './finding.js';
import { describe, outcomeOf, poolOf, sourceOf } from './pool.js';
import type { Subject } from './subject.js';

const MAX_REQUESTS = 300;

/** Requests before memory is looked at: a function keeps what it has once taken, and uses it again. */
const WARM_UP = 5;

/** Memory by which an instance may grow after these, in MB. */
const MAX_GROWTH_MB = 2;

/**
 * Runs requests in one instance, as many as its manifest lets it see: each must be answered as the first, and the instance
 * must not grow from one to the next.
 */
export async function checkReuse(subject: Subject, cases: readonly Case[], report: Report): Promise<void> {
  const { residentMemory } = await import('@app/wasmedge-node');
  const requests = Math.min(subject.requestsPerInstance, MAX_REQUESTS);
  const what = `${requests} requests in one instance`;
  const pids = new Set<number>();
  const source = await sourceOf(subject);
  const watched: InstanceSource = {
    ...source,
    start: async () => {
      const instance = await source.start();
      if (instance.pid !== undefined) pids.add(instance.pid);
      return instance;
    },
  };
  const memory = async () => {
    const sizes = await Promise.all([...pids].map(residentMemory));
    return sizes.reduce((sum, size) => sum + size, 0) / 1024 ** 2;
  };
  const input = goodInput(cases);
  const pool = await poolOf(subject, { source: watched, requestsPerInstance: requests });
  try {
    const first = await outcomeOf(pool, input);
    let before = 0;
    let grownMb = 0;
    for (let count = 2; count <= requests; count += 1) {
      const outcome = await outcomeOf(pool, input);
      if (outcome.code !== first.code || !outcome.bytes.equals(first.bytes)) {
        report({
          what,
          ok: false,
          detail: `request ${count} was ${describe(outcome)}, and the first ${describe(first)}`,
          remedy: 'let nothing of a request stay behind, or set requestsPerInstance to 1',
        });
        return;
      }
      if (count === WARM_UP) before = await memory();
      // The last one retires the instance.
      if (count > WARM_UP && count < requests) grownMb = (await memory()) - before;
    }
    const ok = grownMb <= MAX_GROWTH_MB;
    const detail = `its memory grew by ${grownMb.toFixed(1)} MB`;
    report({
      what,
      ok,
      detail,
      ...(!ok && { remedy: 'free what a request has taken, or set requestsPerInstance to 1' }),
    });
  } finally {
    await pool.close();
  }
}
