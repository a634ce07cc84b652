import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Display } from './display.js';
import { SetupError } from './errors.js';
import { madeProduct, makeProduct, type Step } from './step.js';

/**
 * Brings the products of these steps up to date, each as soon as the products that it needs are there. When one
 * fails, the others are stopped.
 *
 * @param steps each before the ones that need it
 * @param folder the folder of all products
 * @throws SetupError of the step that failed, or with all that the machine lacks, before any has begun
 */
export async function setUp(steps: readonly Step[], folder: string): Promise<void> {
  const made = await Promise.all(steps.map((step) => madeProduct(step, folder)));
  const due = steps.filter((_, index) => made[index] === undefined);
  if (due.length === 0) return;
  await refuseIfLacking(due);
  await mkdir(folder, { recursive: true });

  const usual = usualTime(due);
  console.log(
    `Setting up ${due.map(({ name }) => name).join(', ')}: it takes about ${usual} on this machine.`,
  );
  const display = new Display(usual);
  const stop = new AbortController();
  const results = new Map<Step, Promise<void>>();
  for (const step of due) results.set(step, makeAfterNeeds(step));
  try {
    await Promise.allSettled(results.values());
    if (stop.signal.aborted) throw stop.signal.reason;
  } finally {
    display.close();
  }

  async function makeAfterNeeds(step: Step): Promise<void> {
    try {
      await Promise.all(step.needs.map((need) => results.get(need)));
      display.start(step.name);
      const report = (progress: string) => display.report(step.name, progress);
      const what = await makeProduct(step, folder, { signal: stop.signal, report });
      display.end(step.name, `done (${what})`);
    } catch (error) {
      if (!stop.signal.aborted) display.end(step.name, 'failed');
      stop.abort(error);
      throw error;
    }
  }
}

async function refuseIfLacking(steps: readonly Step[]): Promise<void> {
  const problems = new Set((await Promise.all(steps.map((step) => step.lacks()))).flat());
  if (problems.size === 0) return;
  throw new SetupError(`Set-up cannot begin:\n${[...problems].map((problem) => `  ${problem}.`).join('\n')}`);
}

/** How long steps take that run side by side: their processor time, shared out. */
export function usualTime(
  steps: readonly Pick<Step, 'seconds'>[],
  processors = availableParallelism(),
): string {
  const all = steps.reduce((sum, { seconds }) => sum + seconds, 0) / processors;
  return all <= 90 ? `${Math.ceil(all)} s` : `${Math.ceil(all / 60)} min`;
}
