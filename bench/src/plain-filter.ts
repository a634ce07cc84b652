import assert from 'node:assert/strict';
import path from 'node:path';
import { parts, runtimeFolder } from '@app/scripts/paths';
import { FunctionPool, findRuntime, forkInstances } from '@app/wasmedge-node';
import { forkOptions, poolOptions, untilReady } from './functions.js';

/** A program of `test/guests` that knows nothing of us: its input in upper case, work of a twentieth of a millisecond. */
const PROGRAM = path.join(runtimeFolder, 'test-guests/plain.so');
const INPUT = Buffer.alloc(100 * 1024, 'a');
const EXPECTED = Buffer.alloc(INPUT.length, 'A');

/** Times 100 KiB through a pool to a filter that does next to nothing and back, each in a fork made ahead, in ms. */
export async function timePlainFilter(runs: number): Promise<number[]> {
  const { wasmedge, runArguments } = await findRuntime(parts.wasmedge, parts.plugins);
  const command = {
    wasmedge,
    runArguments,
    file: PROGRAM,
    folders: {},
    environment: {},
    memoryPages: 4096,
    pluginFolder: parts.plugins,
  };
  const source = forkInstances(command, { ...forkOptions, kind: 'filter' });
  const pool = new FunctionPool({ ...poolOptions, source });
  const times: number[] = [];
  try {
    for (let run = 0; run < runs; run += 1) {
      await untilReady(pool);
      const start = performance.now();
      const answer = await pool.run(INPUT);
      times.push(performance.now() - start);
      assert.ok(answer.equals(EXPECTED));
    }
    return times;
  } finally {
    await pool.close();
  }
}
