import type { InstanceSource } from '@app/wasmedge-node';
import { FUNCTIONS, type FunctionName } from './functions.js';
import { end, forksOf, untilInstanceReady } from './instances.js';
import { timePlainFilter } from './plain-filter.js';
import { type Sample, summarize } from './sample.js';
import { startSystem } from './system.js';

/** How long something takes from its start until it is ready. */
export interface StartTime extends Sample {
  readonly what: string;
}

/** Names of what targets are set for. */
export const START = {
  parent: (name: FunctionName) => `parent of ${name}, with a first fork`,
  filter: 'a filter that does next to nothing, 100 KiB in and out',
  fork: (name: FunctionName) => `fork of ${name}`,
  services: 'services and sidecars',
} as const;

/** How often each is started, and whom to tell how far it is. */
export interface StartOptions {
  readonly instances: number;
  readonly systems: number;
  readonly report: (progress: string) => void;
}

/** Times the start of forks, of their parents, a filter's whole request, and the start of all services with their sidecars. */
export async function measureStart({ instances, systems, report }: StartOptions): Promise<StartTime[]> {
  const times: StartTime[] = [];
  for (const name of FUNCTIONS) {
    report(name);
    const forks = await forksOf(name);
    await timeStarts(forks, 1);
    times.push({ what: START.fork(name), ...summarize(await timeStarts(forks, instances)) });
    await forks.close();
    const parents: number[] = [];
    for (let count = 0; count < instances / 2; count += 1) {
      const parent = await forksOf(name);
      parents.push(...(await timeStarts(parent, 1)));
      await parent.close();
    }
    times.push({ what: START.parent(name), ...summarize(parents) });
  }
  report('a filter');
  times.push({ what: START.filter, ...summarize(await timePlainFilter(10 * instances)) });
  report('services and sidecars');
  const whole: number[] = [];
  for (let count = 0; count < systems; count += 1) {
    const start = performance.now();
    const system = await startSystem();
    whole.push(performance.now() - start);
    await system.stop();
  }
  return [...times, { what: START.services, ...summarize(whole) }];
}

/** Starts one instance after the other, in ms each. */
async function timeStarts(source: InstanceSource, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const start = performance.now();
    const instance = await source.start();
    await untilInstanceReady(instance);
    times.push(performance.now() - start);
    await end(instance);
  }
  return times;
}
