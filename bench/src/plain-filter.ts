import path from 'node:path';
import { runtimeFolder } from '@app/scripts/paths';
import { openGuest, timeRequest } from './guest.js';

/** A program of `test/guests` that knows nothing of us: its input in upper case, work of a twentieth of a millisecond. */
const PROGRAM = path.join(runtimeFolder, 'test-guests/plain.so');
const INPUT = Buffer.alloc(100 * 1024, 'a');
const EXPECTED = Buffer.alloc(INPUT.length, 'A');

/** Times 100 KiB through a pool to a filter that does next to nothing and back, each in a fork made ahead, in ms. */
export async function timePlainFilter(runs: number): Promise<number[]> {
  const pool = await openGuest(PROGRAM, { kind: 'filter' });
  const times: number[] = [];
  try {
    for (let run = 0; run < runs; run += 1) times.push(await timeRequest(pool, INPUT, EXPECTED));
    return times;
  } finally {
    await pool.close();
  }
}
