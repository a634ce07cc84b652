import { runtimeFolder } from '../paths.js';
import { chromium } from './chromium.js';
import { daprd, namedDaprd } from './daprd.js';
import { functionModules, functions, testGuests, testModules } from './functions.js';
import { litert } from './litert.js';
import { newestNode } from './newest-node.js';
import { plugins, testPlugins } from './plugins.js';
import { setUp } from './set-up.js';
import type { Step } from './step.js';
import { wasmedge } from './wasmedge.js';

/** What the functions take: all that there is beside Dapr. */
const functionSteps = [wasmedge, litert, functionModules, functions, plugins];

/** What running the application takes; without daprd where DAPRD names one. */
export async function applicationSteps(): Promise<Step[]> {
  return (await namedDaprd()) === undefined ? [...functionSteps, daprd] : functionSteps;
}

/** Sets up what running the application takes. */
export async function setUpApplication(): Promise<void> {
  await setUp(await applicationSteps(), runtimeFolder);
}

/** Sets up what the linters take. */
export async function setUpChecks(): Promise<void> {
  await setUp(functionSteps, runtimeFolder);
}

/** Sets up what testing takes; no browser where CHROMIUM names one. */
export async function setUpTests(): Promise<void> {
  const browser = process.env.CHROMIUM ? [] : [chromium];
  await setUp(
    [...(await applicationSteps()), testModules, testGuests, testPlugins, newestNode, ...browser],
    runtimeFolder,
  );
}
