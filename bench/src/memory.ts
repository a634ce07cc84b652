import { pssMb } from '@app/wasmedge-node';
import { FUNCTIONS, type FunctionName } from './functions.js';
import { end, forksOf, untilInstanceReady } from './instances.js';
import { load } from './load.js';
import type { Photo } from './photos.js';
import { descendants, parentOf } from './processes.js';
import { type System, startSystem, toHello } from './system.js';

const FORKS = 8;
const CONNECTIONS_EACH = 4;
const SAMPLE_INTERVAL_MS = 250;

/** Memory of forks and of what they come from, PSS in MB. */
export interface ForkMemory {
  readonly function: FunctionName;
  readonly parentAlone: number;
  /** What one ready fork adds. */
  readonly oneFork: number;
  /** Eight ready forks and their parent. */
  readonly eightForksAndParent: number;
}

/** Memory of one process of the running system, PSS in MB. */
export interface ProcessMemory {
  readonly process: string;
  readonly idle: number;
  /** The most that was seen under load. */
  readonly loaded: number;
  readonly afterFew: number;
  readonly afterMany: number;
}

/** Memory of the running system. */
export interface SystemMemory {
  readonly processes: readonly ProcessMemory[];
  /** Answers by status; requests without an answer by what went wrong. */
  readonly answers: Readonly<Record<string, number>>;
}

/** How many requests are few and many, and whom to tell how far it is. */
export interface MemoryOptions {
  readonly few: number;
  readonly many: number;
  readonly report: (progress: string) => void;
}

/** Weighs parents and forks of both functions. */
export async function measureForkMemory(): Promise<ForkMemory[]> {
  const weighed: ForkMemory[] = [];
  for (const name of FUNCTIONS) {
    const source = await forksOf(name);
    const start = async () => {
      const instance = await source.start();
      await untilInstanceReady(instance);
      return instance;
    };
    const first = await start();
    const parent = await parentOf(first.pid ?? 0);
    await end(first);
    const parentAlone = await pssMb([parent]);
    const instances = [await start()];
    const all = () => pssMb([parent, ...instances.map(({ pid }) => pid ?? 0)]);
    const oneFork = (await all()) - parentAlone;
    while (instances.length < FORKS) instances.push(await start());
    weighed.push({ function: name, parentAlone, oneFork, eightForksAndParent: await all() });
    await Promise.all(instances.map(end));
    await source.close();
  }
  return weighed;
}

/** Weighs the services and their sidecars: before, under and after requests to `/api/hello`, to both functions at once. */
export async function measureSystemMemory(photo: Photo, options: MemoryOptions): Promise<SystemMemory> {
  const { few, many, report } = options;
  report('idle');
  const system = await startSystem();
  try {
    const answers: Record<string, number> = {};
    const idle = await weigh(system);
    report(`${few} requests`);
    const first = await weighUnderLoad(system, photo, few, answers);
    const afterFew = await weigh(system);
    report(`${many} requests`);
    const second = await weighUnderLoad(system, photo, many - few, answers);
    const afterMany = await weigh(system);
    const processes = Object.keys(idle).map((process) => ({
      process,
      idle: idle[process] ?? 0,
      loaded: Math.max(first[process] ?? 0, second[process] ?? 0),
      afterFew: afterFew[process] ?? 0,
      afterMany: afterMany[process] ?? 0,
    }));
    return { processes, answers };
  } finally {
    await system.stop();
  }
}

/** The most that each process had while requests were under way; counts their answers in `answers`. */
async function weighUnderLoad(
  system: System,
  photo: Photo,
  requests: number,
  answers: Record<string, number>,
): Promise<Record<string, number>> {
  const most: Record<string, number> = {};
  const sample = async () => {
    for (const [process, mb] of Object.entries(await weigh(system))) {
      most[process] = Math.max(most[process] ?? 0, mb);
    }
  };
  let under = true;
  const sampling = (async () => {
    for (; under; await new Promise((resolve) => setTimeout(resolve, SAMPLE_INTERVAL_MS))) await sample();
  })();
  const results = await Promise.all(
    FUNCTIONS.map((name) =>
      load(toHello(system, name), photo, {
        connections: CONNECTIONS_EACH,
        amount: Math.round(requests / FUNCTIONS.length),
      }),
    ),
  );
  under = false;
  await sampling;
  for (const [status, count] of results.flatMap(({ statuses }) => Object.entries(statuses))) {
    answers[status] = (answers[status] ?? 0) + count;
  }
  return most;
}

async function weigh(system: System): Promise<Record<string, number>> {
  const memory: Record<string, number> = {};
  for (const id of ['web-port', ...FUNCTIONS.map((name) => `image-api-${name}`)]) {
    const { pid = 0, daprPid = 0 } = system.app(id);
    memory[id] = await pssMb([pid]);
    memory[`${id} sidecar`] = await pssMb([daprPid]);
    const own = pid === 0 ? [] : await descendants(pid);
    if (own.length > 0) memory[`${id} function`] = await pssMb(own);
  }
  return memory;
}
