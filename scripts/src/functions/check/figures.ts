import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Case, goodInput } from './cases.js';
import type { Report } from './finding.js';
import { describe, outcomeOf, poolOf, sourceOf } from './pool.js';
import type { Subject } from './subject.js';

const REQUESTS = 300;

/** Requests before memory is looked at: what is loaded or compiled at the first ones stays. */
const WARM_UP = 30;

/** Memory by which a parent or the service may have grown after all requests, in MB. */
const MAX_GROWTH_MB = 2;

/** Runs many requests: always the same answer, and no memory that grows; says how long start, fork and run take. */
export async function checkManyRequests(
  subject: Subject,
  cases: readonly Case[],
  report: Report,
): Promise<void> {
  const input = goodInput(cases);
  const { pssMb } = await import('@app/wasmedge-node');
  const source = await sourceOf(subject);
  const start = performance.now();
  const first = await source.start();
  const readyMs = performance.now() - start;
  const forkStart = performance.now();
  const second = await source.start();
  const forkMs = performance.now() - forkStart;
  const pss = await pssMb(await parents());
  for (const instance of [first, second]) instance.kill();
  await source.close();
  report({
    what: 'start',
    ok: true,
    detail: `its parent is ready in ${readyMs.toFixed(0)} ms and takes ${pss.toFixed(0)} MB, a fork ${forkMs.toFixed(1)} ms`,
  });

  const pool = await poolOf(subject);
  try {
    const expected = await outcomeOf(pool, input);
    for (let count = 0; count < WARM_UP; count += 1) await outcomeOf(pool, input);
    const before = await memory();
    const times: number[] = [];
    for (let count = 0; count < REQUESTS; count += 1) {
      const at = performance.now();
      const outcome = await outcomeOf(pool, input);
      times.push(performance.now() - at);
      if (outcome.code !== expected.code || !outcome.bytes.equals(expected.bytes)) {
        report({
          what: `${REQUESTS} requests`,
          ok: false,
          detail: `request ${count + 1} was ${describe(outcome)}, and the first ${describe(expected)}`,
          remedy: 'an answer must depend on its input alone',
        });
        return;
      }
    }
    const after = await memory();
    const grownMb = { parent: after.parents - before.parents, service: after.service - before.service };
    const median = times.toSorted((a, b) => a - b)[Math.floor(REQUESTS / 2)] ?? 0;
    const ok = grownMb.parent <= MAX_GROWTH_MB && grownMb.service <= MAX_GROWTH_MB;
    const detail = `median ${median.toFixed(1)} ms, memory of its parent ${signed(grownMb.parent)} MB, of the service ${signed(grownMb.service)} MB`;
    report({
      what: `${REQUESTS} requests`,
      ok,
      detail,
      ...(!ok && {
        remedy:
          'something is kept of each request outside of its sandbox: this is a fault of wasmedge-node, not of the function; report it',
      }),
    });
  } finally {
    await pool.close();
  }
}

function signed(mb: number): string {
  return `${mb >= 0 ? '+' : ''}${mb.toFixed(1)}`;
}

/** The processes that this one has started: the parents of forks. */
async function parents(): Promise<number[]> {
  const children = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8');
  return children.trim().split(' ').map(Number);
}

/** Memory of the parents that this process has started, and its own, in MB. */
async function memory(): Promise<{ parents: number; service: number }> {
  const { residentMemory } = await import('@app/wasmedge-node');
  const sizes = await Promise.all((await parents()).map(residentMemory));
  await collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return {
    parents: sizes.reduce((sum, size) => sum + size, 0) / 1024 ** 2,
    service: (heapUsed + external) / 1024 ** 2,
  };
}

/** What Node frees by itself is no growth (https://nodejs.org/api/v8.html#v8setflagsfromstringflags). */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  // Of a buffer the first finds that nobody has it, and the next gives it back.
  for (let round = 0; round < 3; round += 1) {
    collect();
    await setImmediate();
  }
}
