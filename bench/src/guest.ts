import assert from 'node:assert/strict';
import { parts } from '@app/scripts/paths';
import { type FunctionKind, FunctionPool, findRuntime, forkInstances } from '@app/wasmedge-node';
import { forkOptions, poolOptions, untilReady } from './functions.js';

/** A pool of forks, made ahead, of a compiled program that the tests have, too: one that does next to nothing. */
export async function openGuest(
  file: string,
  { kind, requestsPerInstance = 1 }: { kind: FunctionKind; requestsPerInstance?: number },
): Promise<FunctionPool> {
  const { wasmedge, runArguments } = await findRuntime(parts.wasmedge, parts.plugins);
  const command = {
    wasmedge,
    runArguments,
    file,
    folders: {},
    environment: {},
    memoryPages: 4096,
    pluginFolder: parts.plugins,
  };
  const source = forkInstances(command, { ...forkOptions, kind });
  return new FunctionPool({ ...poolOptions, source, requestsPerInstance });
}

/** Times one request to a fork that is ready, in ms. */
export async function timeRequest(pool: FunctionPool, input: Buffer, expected: Buffer): Promise<number> {
  await untilReady(pool);
  const start = performance.now();
  const answer = await pool.run(input);
  const ms = performance.now() - start;
  assert.ok(answer.equals(expected));
  return ms;
}
