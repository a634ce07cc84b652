import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Display } from './display.js';
import { isOfTheDisk, messageOf, SetupError } from './errors.js';
import { madeProduct, makeProduct, placeOf, type Step } from './step.js';

/**
 * Brings the products of these steps up to date, each as soon as the products that it needs are there. When one
 * fails, the others are stopped, unless it is optional.
 *
 * @param steps each before the ones that need it
 * @param folder the folder of all products
 * @param out takes how far it is
 * @returns why optional steps have failed
 * @throws SetupError of the step that failed, or with all that the machine lacks, before any has begun
 */
export async function setUp(
  steps: readonly Step[],
  folder: string,
  out: NodeJS.WriteStream = process.stdout,
): Promise<SetupError[]> {
  const failures: SetupError[] = [];
  const due = await dueSteps(steps, folder, failures);
  if (due.length === 0) return failures;
  await mkdir(folder, { recursive: true });

  const usual = usualTime(due);
  out.write(
    `Setting up ${due.map(({ name }) => name).join(', ')}: it takes about ${usual} on this machine.\n`,
  );
  const display = new Display(usual, out);
  const stop = new AbortController();
  const results = new Map<Step, Promise<void>>();
  for (const step of due) results.set(step, makeAfterNeeds(step));
  try {
    await Promise.allSettled(results.values());
    if (stop.signal.aborted) throw stop.signal.reason;
    return failures;
  } finally {
    display.close();
  }

  async function makeAfterNeeds(step: Step): Promise<void> {
    const needed = Promise.all(step.needs.map((need) => results.get(need)));
    needed.catch(() => {}); // Who prepares looks at it only later.
    try {
      if (step.prepare === undefined) await needed;
      display.start(step.name);
      const report = (progress: string) => display.report(step.name, progress);
      const what = await makeProduct(step, folder, { signal: stop.signal, report, needed });
      display.end(step.name, `done (${what})`);
    } catch (error) {
      if (stop.signal.aborted) throw error;
      display.end(step.name, 'failed');
      await failed(step, folder, error).then(
        (failure) => failures.push(failure),
        (reason) => {
          stop.abort(reason);
          throw reason;
        },
      );
    }
  }
}

/**
 * The steps whose products have to be made.
 *
 * @param failures gets why optional ones cannot be
 */
async function dueSteps(
  steps: readonly Step[],
  folder: string,
  failures: SetupError[],
): Promise<readonly Step[]> {
  const problems = new Set<string>();
  const looked = await Promise.all(
    steps.map(async (step) => {
      try {
        if ((await madeProduct(step, folder)) !== undefined) return [];
        const lacks = await step.lacks();
        if (!step.optional) for (const problem of lacks) problems.add(problem);
        else if (lacks.length > 0) throw new SetupError(`${lacks.join('. ')}.`);
        return [step];
      } catch (error) {
        failures.push(await failed(step, folder, error));
        return [];
      }
    }),
  );
  if (problems.size === 0) return looked.flat();
  throw new SetupError(`Set-up cannot begin:\n${[...problems].map((problem) => `  ${problem}.`).join('\n')}`);
}

/**
 * An optional step has failed: then it has no product.
 *
 * @returns what is wrong, with the step's name
 * @throws the error itself where it is not the step's own: what is wrong with the disk, or with set-up, concerns all
 */
async function failed(step: Step, folder: string, error: unknown): Promise<SetupError> {
  const message = messageOf(error);
  if (!step.optional || message === undefined || isOfTheDisk(error)) throw error;
  await rm(placeOf(step, folder), { recursive: true, force: true });
  return new SetupError(`${step.name}: ${message}`, { cause: error });
}

/** How long steps take that run side by side: their processor time, shared out. */
export function usualTime(
  steps: readonly Pick<Step, 'seconds'>[],
  processors = availableParallelism(),
): string {
  const all = steps.reduce((sum, { seconds }) => sum + seconds, 0) / processors;
  return all <= 90 ? `${Math.ceil(all)} s` : `${Math.ceil(all / 60)} min`;
}
