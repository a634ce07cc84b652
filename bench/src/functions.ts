import path from 'node:path';
import { builtFunction } from '@app/function-manifest';
import { parts, root } from '@app/scripts/paths';
import {
  type ForkOptions,
  type FunctionCommand,
  FunctionPool,
  findRuntime,
  forkInstances,
} from '@app/wasmedge-node';
import pWaitFor from 'p-wait-for';

/** The functions, as services name them. */
export const FUNCTIONS = ['grayscale', 'classify'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/** The bundled model. */
export const modelFolder = path.join(root, 'functions/classify/model');

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
  const { wasmedge, runArguments } = await findRuntime(parts.wasmedge, parts.plugins);
  return {
    wasmedge,
    runArguments,
    file: builtFunction(name).compiled,
    folders: name === 'classify' ? { '/model': modelFolder } : {},
    environment: {},
    memoryPages: 16_384,
    pluginFolder: parts.plugins,
  };
}

/** A pool of one function that works on one request at a time. */
export async function openPool(name: FunctionName, requestsPerInstance: number): Promise<FunctionPool> {
  const pool = new FunctionPool({
    source: forkInstances(await functionCommand(name), forkOptions),
    instances: 1,
    requestsPerInstance,
    retireAboveBytes: Number.POSITIVE_INFINITY,
    queueLimit: 1,
    timeoutMs: 60_000,
    maxOutputBytes: 256 * 1024 ** 2,
  });
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
