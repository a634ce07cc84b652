import type { FunctionDescription } from '@app/function-manifest';
import { functionStep, functionSteps } from '../functions/steps.js';
import { runtimeFolder } from '../paths.js';
import { cLibrary } from './c-libraries.js';
import { chromium } from './chromium.js';
import { daprd, namedDaprd } from './daprd.js';
import { jaeger } from './jaeger.js';
import { kitGuests } from './kit-guests.js';
import { litert } from './litert.js';
import { newestNode } from './newest-node.js';
import { plugins, testPlugins } from './plugins.js';
import { setUp } from './set-up.js';
import type { Step } from './step.js';
import { testGuests } from './test-guests.js';
import { testTemplates } from './test-templates.js';
import { wasmedge } from './wasmedge.js';

export { functionStep } from '../functions/steps.js';
// What the bench is set up with.
export { run } from './command.js';
export { compileAhead } from './compile-ahead.js';
export { Display } from './display.js';
export { contentHash } from './fingerprints.js';
export { jaeger } from './jaeger.js';
export { kitGuests } from './kit-guests.js';
export type { Step } from './step.js';
export { testGuests } from './test-guests.js';
export { lacking } from './tools.js';

/** What all functions run on. */
const runtimeSteps = [wasmedge, litert, plugins];

/** What running the application takes beside the functions; without daprd where DAPRD names one. */
export async function applicationSteps(): Promise<Step[]> {
  return (await namedDaprd()) === undefined ? [...runtimeSteps, daprd] : runtimeSteps;
}

/**
 * Sets up what running the application takes.
 *
 * @param options.traces whether the collector of traces is a part of it
 */
export async function setUpApplication({ traces = false } = {}): Promise<Error[]> {
  return setUpWithFunctions([...(await applicationSteps()), ...(traces ? [jaeger] : [])]);
}

/** Sets up what an image has: sidecars have their own. */
export async function setUpImage(): Promise<Error[]> {
  return setUpWithFunctions(runtimeSteps);
}

/**
 * Sets up what running one function takes, or a module that is none.
 *
 * @param out takes how far it is
 */
export async function setUpFunction(
  described: FunctionDescription | undefined,
  out: NodeJS.WriteStream,
): Promise<Error[]> {
  const steps = described === undefined ? [] : [functionStep(described)];
  return setUp([...steps, ...runtimeSteps], runtimeFolder, out);
}

/** Sets up what the tests on a cluster take beside the cluster: an image, and a function in C. */
export async function setUpClusterTests(): Promise<Error[]> {
  return setUpWithFunctions([...runtimeSteps, cLibrary]);
}

/**
 * Sets up what testing takes; no browser where CHROMIUM names one.
 *
 * @param options.traces whether the collector of traces is a part of it
 */
export async function setUpTests({ traces = false } = {}): Promise<Error[]> {
  const browser = process.env.CHROMIUM ? [] : [chromium];
  return setUpWithFunctions([
    ...(await applicationSteps()),
    ...(await testTemplates()),
    ...[testGuests, kitGuests, testPlugins, newestNode],
    ...browser,
    ...(traces ? [jaeger] : []),
  ]);
}

/**
 * Sets up these steps and all functions.
 *
 * @returns why functions could not be built: an error for each, which keeps nothing else back
 */
export async function setUpWithFunctions(steps: readonly Step[]): Promise<Error[]> {
  const functions = await functionSteps();
  const failures = await setUp([...functions.steps, ...steps], runtimeFolder);
  return [...functions.problems, ...failures];
}
