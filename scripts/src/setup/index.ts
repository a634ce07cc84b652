import { runtimeFolder } from '../paths.js';
import { daprd } from './daprd.js';
import { functions, testGuests } from './functions.js';
import { litert } from './litert.js';
import { plugins, testPlugins } from './plugins.js';
import { setUp } from './set-up.js';
import { wasmedge } from './wasmedge.js';

/** What running the application takes. */
export const applicationSteps = [wasmedge, litert, functions, plugins, daprd];

/** Sets up what running the application takes. */
export function setUpApplication(): Promise<void> {
  return setUp(applicationSteps, runtimeFolder);
}

/** Sets up what testing takes. */
export function setUpTests(): Promise<void> {
  return setUp([...applicationSteps, testGuests, testPlugins], runtimeFolder);
}
