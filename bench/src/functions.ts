import { commandOf, type FunctionDescription, readFunctions } from '@app/function-manifest';
import { parts } from '@app/scripts/paths';
import {
  type ForkOptions,
  type FunctionCommand,
  type FunctionKind,
  FunctionPool,
  findRuntime,
  forkInstances,
} from '@app/wasmedge-node';
import pWaitFor from 'p-wait-for';

/** The functions that are measured: those that there is native code to compare with. */
export const FUNCTIONS = ['grayscale', 'classify'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/** What the folder of a function says of it. */
async function describe(name: FunctionName): Promise<FunctionDescription> {
  const { functions, problems } = await readFunctions();
  const found = functions.find((each) => each.name === name);
  if (found === undefined)
    throw problems.find((each) => each.function === name) ?? new Error(`no function ${name}`);
  return found;
}

/** The bundled model. */
export async function modelFolder(): Promise<string> {
  const { '/model': folder } = (await describe('classify')).folders;
  if (folder === undefined) throw new Error('classify has no folder /model');
  return folder;
}

/** How the forks of both functions are made. */
export const forkOptions: ForkOptions = {
  kind: 'serve',
  verify: async () => {},
  cpuSeconds: 60,
  startTimeoutMs: 10_000,
  log: (line) => console.error(line),
};

/** What runs a function, as its service does it. */
export async function functionCommand(name: FunctionName): Promise<FunctionCommand> {
  const runtime = await findRuntime(parts.wasmedge, parts.plugins);
  return commandOf(await describe(name), { runtime, pluginFolder: parts.plugins });
}

/** A pool that works on one request at a time, each in a new instance. */
export const poolOptions = {
  instances: 1,
  requestsPerInstance: 1,
  retireAboveBytes: Number.POSITIVE_INFINITY,
  queueLimit: 1,
  timeoutMs: 60_000,
  maxOutputBytes: 256 * 1024 ** 2,
};

/** A pool of one function; as a filter, too, which our functions are where nobody asks them to serve. */
export async function openPool(
  name: FunctionName,
  { requestsPerInstance = 1, kind = 'serve' }: { requestsPerInstance?: number; kind?: FunctionKind } = {},
): Promise<FunctionPool> {
  const source = forkInstances(await functionCommand(name), { ...forkOptions, kind });
  const pool = new FunctionPool({ ...poolOptions, source, requestsPerInstance });
  await pool.ready();
  return pool;
}

/** Waits until a pool has an instance made ahead, and nothing else to do. */
export async function untilReady(pool: FunctionPool): Promise<void> {
  await pWaitFor(() => pool.statistics.ready > 0 && pool.statistics.running === 0, {
    interval: 1,
    timeout: 10_000,
  });
}
