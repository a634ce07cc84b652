import { readFile } from 'node:fs/promises';
import type { Instance } from '@app/wasmedge-node';
import type { Case } from './cases.js';
import type { Report } from './finding.js';
import { describe, outcomeOf, poolOf, sourceOf } from './pool.js';
import type { Subject } from './subject.js';

const REQUESTS = 300;

/** Memory by which a parent may have grown after all requests, in MB: what it keeps of its forks, and no more. */
const MAX_GROWTH_MB = 2;

/** Runs many requests: always the same answer, and no memory that grows; says how long start, fork and run take. */
export async function checkManyRequests(
  subject: Subject,
  cases: readonly Case[],
  report: Report,
): Promise<void> {
  const input = cases.find(({ expected }) => expected !== 'err')?.input ?? Buffer.from('one input\n');
  const source = await sourceOf(subject);
  const start = performance.now();
  const first = await source.start();
  const readyMs = performance.now() - start;
  const parent = await parentOf(first);
  const forkStart = performance.now();
  const second = await source.start();
  const forkMs = performance.now() - forkStart;
  const pss = await pssMb(parent);
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
    const before = await parentsMemory();
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
    const grownMb = (await parentsMemory()) - before;
    const median = times.toSorted((a, b) => a - b)[Math.floor(REQUESTS / 2)] ?? 0;
    const ok = grownMb <= MAX_GROWTH_MB;
    const detail = `median ${median.toFixed(1)} ms, memory ${grownMb >= 0 ? '+' : ''}${grownMb.toFixed(1)} MB`;
    report({
      what: `${REQUESTS} requests`,
      ok,
      detail,
      ...(!ok && {
        remedy: 'its parent keeps something of each request: this is a fault of the host, tell us',
      }),
    });
  } finally {
    await pool.close();
  }
}

async function parentOf({ pid }: Instance): Promise<number> {
  return Number(/^PPid:\t(\d+)$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Memory of a process, its part of what it shares, in MB (proc_pid_smaps(5)). */
async function pssMb(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss: +(\d+) kB$/m.exec(rollup)?.[1]) / 1024;
}

/** Memory without files of the processes that this one has started, in MB (proc_pid_status(5)). */
async function parentsMemory(): Promise<number> {
  const children = (await readFile(`/proc/self/task/${process.pid}/children`, 'utf8')).trim().split(' ');
  const sizes = await Promise.all(
    children.map(async (pid) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
