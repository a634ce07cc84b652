import { availableParallelism } from 'node:os';
import { FUNCTIONS, type FunctionName, openPool } from './functions.js';
import { type LoadResult, load } from './load.js';
import type { Photo } from './photos.js';
import { cpuMs, descendants } from './processes.js';
import { modelShrinker } from './shrink.js';
import { type System, toHello, toService } from './system.js';

const CONNECTIONS = [1, 8, 64];

/** One load on one way to one function. */
export interface Throughput extends LoadResult {
  readonly function: FunctionName;
  readonly way: 'service' | 'hello';
  readonly connections: number;
  /** `perSecond` to the CPU bound of the function. */
  readonly ofBound: number;
  /** CPU time in ms for one answer with status 200, by who used it. */
  readonly cpuPerAnswer: Readonly<Record<string, number>>;
}

/** What the processors allow at most. */
export interface CpuBound {
  readonly function: FunctionName;
  /** CPU time of one request in the function, fresh fork and its parent's share in it included, in ms. */
  readonly cpuMsPerRequest: number;
  /** Processors divided by that. */
  readonly perSecond: number;
}

/** How long to measure, and whom to tell how far it is. */
export interface ThroughputOptions {
  readonly seconds: number;
  readonly boundRequests: number;
  readonly report: (progress: string) => void;
}

/** Sends the photo to both functions on both ways, over more and more connections. */
export async function measureThroughput(system: System, photo: Photo, options: ThroughputOptions) {
  const { seconds, boundRequests, report } = options;
  const bounds: CpuBound[] = [];
  const loads: Throughput[] = [];
  for (const name of FUNCTIONS) {
    report(`CPU time of ${name}`);
    const bound = await measureBound(name, photo, boundRequests);
    bounds.push(bound);
    for (const way of ['service', 'hello'] as const) {
      const target = way === 'service' ? toService(system, name) : toHello(system, name);
      // Not counted: code that has just started is slower.
      await load(target, photo, { connections: 8, seconds: 1 });
      for (const connections of CONNECTIONS) {
        report(`${name}, ${way}, ${connections} at once`);
        const before = await cpuByProcess(system, name);
        const result = await load(target, photo, { connections, seconds });
        const after = await cpuByProcess(system, name);
        const answers = result.statuses['200'] ?? 0;
        const cpuPerAnswer = { 'load generator': result.cpuMs / answers };
        for (const [who, ms] of Object.entries(after)) {
          Object.assign(cpuPerAnswer, { [who]: (ms - (before[who] ?? 0)) / answers });
        }
        const ofBound = result.perSecond / bound.perSecond;
        loads.push({ ...result, function: name, way, connections, ofBound, cpuPerAnswer });
      }
    }
  }
  return { bounds, loads };
}

/** Runs the function alone on what its service gives it, a request at a time, each in a fresh fork. */
async function measureBound(name: FunctionName, photo: Photo, requests: number): Promise<CpuBound> {
  const input = name === 'classify' ? await (await modelShrinker()).shrink(photo) : photo.jpeg;
  const others = new Set(await descendants(process.pid));
  const pool = await openPool(name);
  try {
    await pool.run(input);
    const own = async () => (await descendants(process.pid)).filter((pid) => !others.has(pid));
    const before = await cpuMs(await own());
    for (let request = 0; request < requests; request += 1) await pool.run(input);
    const perRequest = ((await cpuMs(await own())) - before) / requests;
    return {
      function: name,
      cpuMsPerRequest: perRequest,
      perSecond: (availableParallelism() * 1000) / perRequest,
    };
  } finally {
    await pool.close();
  }
}

/** CPU time in ms so far, of each process on the way to a function. */
async function cpuByProcess(system: System, name: FunctionName): Promise<Record<string, number>> {
  const web = system.app('web-port');
  const service = system.app(`image-api-${name}`);
  const functions = service.pid === undefined ? [] : await descendants(service.pid);
  const of = (pid: number | undefined) => cpuMs(pid === undefined ? [] : [pid]);
  // A service's own line has its children that have ended in it: none in normal operation.
  return {
    'web-port': await of(web.pid),
    "web-port's sidecar": await of(web.daprPid),
    "service's sidecar": await of(service.daprPid),
    service: await of(service.pid),
    function: await cpuMs(functions),
  };
}
