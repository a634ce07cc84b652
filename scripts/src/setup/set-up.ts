import { mkdir } from 'node:fs/promises';
import { Display } from './display.js';
import { madeProduct, makeProduct, type Step } from './step.js';
import { requireTools } from './tools.js';

/**
 * Brings the products of these steps up to date, each as soon as the products that it needs are there. When one
 * fails, the others are stopped.
 *
 * @param steps each before the ones that need it
 * @param folder the folder of all products
 * @throws SetupError of the step that failed, or naming the commands that the machine lacks
 */
export async function setUp(steps: readonly Step[], folder: string): Promise<void> {
  const made = await Promise.all(steps.map((step) => madeProduct(step, folder)));
  const due = steps.filter((_, index) => made[index] === undefined);
  if (due.length === 0) return;
  await requireTools((await Promise.all(due.map((step) => step.tools()))).flat());
  await mkdir(folder, { recursive: true });

  const display = new Display();
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
