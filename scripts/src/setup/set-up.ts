import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Display } from './display.js';
import { isOfTheDisk, messageOf, SetupError } from './errors.js';
import { madeProduct, makeProduct, needsOf, placeOf, type Step } from './step.js';

/**
 * Brings the products of these steps up to date, each as soon as the products that it needs are there. When one
 * fails, the others are stopped, unless it is optional: then only those that need it fail, too.
 *
 * @param steps what they need is brought up to date with them
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
  const failures = new Map<Step, SetupError>();
  const due = await dueSteps(steps, folder, failures);
  if (due.length === 0) return [...failures.values()];
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
    return [...failures.values()];
  } finally {
    display.close();
  }

  async function makeAfterNeeds(step: Step): Promise<void> {
    const prepareNeeded = productsOf(step.prepareNeeds ?? []);
    const needed = productsOf(needsOf(step));
    try {
      await (step.prepare === undefined ? needed : prepareNeeded);
      display.start(step.name);
      const what = await makeProduct(step, folder, {
        signal: stop.signal,
        report: (progress) => display.report(step.name, progress),
        warn: (text) => display.warn(step.name, text),
        prepareNeeded,
        needed,
      });
      display.end(step.name, `done (${what})`);
    } catch (error) {
      if (stop.signal.aborted) throw error;
      display.end(step.name, 'failed');
      await failed(step, folder, error).then(
        (failure) => failures.set(step, failure),
        (reason) => {
          stop.abort(reason);
          throw reason;
        },
      );
    }
  }

  /** Resolves when these are there, and rejects if one has failed. */
  function productsOf(needs: readonly Step[]): Promise<unknown> {
    const products = Promise.all(
      needs.map(async (need) => {
        await results.get(need);
        if (failures.has(need)) throw new SetupError(`it needs ${need.name}, which has failed.`);
      }),
    );
    products.catch(() => {}); // Who prepares looks at it only later.
    return products;
  }
}

/**
 * The steps whose products have to be made, each behind the ones that it needs.
 *
 * @param failures gets why optional ones cannot be
 */
async function dueSteps(
  steps: readonly Step[],
  folder: string,
  failures: Map<Step, SetupError>,
): Promise<readonly Step[]> {
  const problems = new Set<string>();
  const looks = new Map<Step, Promise<readonly Step[]>>();
  const looked = await Promise.all(steps.map(look));
  if (problems.size === 0) return [...new Set(looked.flat())];
  throw new SetupError(`Set-up cannot begin:\n${[...problems].map((problem) => `  ${problem}.`).join('\n')}`);

  function look(step: Step): Promise<readonly Step[]> {
    let found = looks.get(step);
    if (found === undefined) {
      found = lookAt(step);
      looks.set(step, found);
    }
    return found;
  }

  async function lookAt(step: Step): Promise<readonly Step[]> {
    try {
      if ((await madeProduct(step, folder)) !== undefined) return [];
      const lacks = await step.lacks();
      if (!step.optional) for (const problem of lacks) problems.add(problem);
      else if (lacks.length > 0) throw new SetupError(`${lacks.join('. ')}.`);
      const needs = await Promise.all(needsOf(step).map(look));
      return [...needs.flat(), step];
    } catch (error) {
      failures.set(step, await failed(step, folder, error));
      return [];
    }
  }
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
