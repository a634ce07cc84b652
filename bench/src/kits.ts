import { copyFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { runtimeFolder } from '@app/scripts/paths';
import { compileAhead, kitGuests, type Step } from '@app/scripts/set-up';
import { openGuest, timeRequest } from './guest.js';
import { type Sample, summarize } from './sample.js';

const NAME = 'bench-kits';

/** The program by the kit for Go, compiled; the tests interpret it. */
export const benchKits: Step = {
  name: NAME,
  needs: [kitGuests],
  inputs: async () => [],
  seconds: 40,
  lacks: async () => [],
  make: async (work) => {
    await copyFile(path.join(runtimeFolder, kitGuests.name, 'go.wasm'), path.join(work.product, 'go.wasm'));
    await compileAhead('go', work);
    return 'Go';
  },
};

/** The same program by the kit of each language: it gives its input back. */
const PROGRAMS = {
  Rust: path.join(runtimeFolder, 'test-guests/kit-rust.so'),
  C: path.join(runtimeFolder, kitGuests.name, 'c.so'),
  Go: path.join(runtimeFolder, NAME, 'go.so'),
} as const;

const INPUT = Buffer.alloc(100 * 1024, 'a');

/** The ways in which one program is run. */
const WAYS = {
  filter: { kind: 'filter' },
  'fresh fork': { kind: 'serve' },
  'warm reuse': { kind: 'serve', requestsPerInstance: Number.MAX_SAFE_INTEGER },
} as const;

/** What a request takes that is answered by one kit in one way. */
export interface KitTime extends Sample {
  readonly language: string;
  readonly moduleBytes: number;
  readonly way: string;
}

/** Times 100 KiB to a program and back, as a filter and as it serves; all take turns. */
export async function measureKits(rounds: number): Promise<KitTime[]> {
  const programs = await Promise.all(
    Object.entries(PROGRAMS).map(async ([language, file]) => {
      const { size: moduleBytes } = await stat(file.replace(/\.so$/, '.wasm'));
      return { language, file, moduleBytes };
    }),
  );
  const contenders = await Promise.all(
    programs.flatMap(({ file, ...program }) =>
      Object.entries(WAYS).map(async ([way, options]) => ({
        ...program,
        way,
        pool: await openGuest(file, options),
        times: [] as number[],
      })),
    ),
  );
  try {
    for (const { pool } of contenders) await timeRequest(pool, INPUT, INPUT); // Who comes first loads the files.
    for (let round = 0; round < rounds; round += 1)
      for (const { pool, times } of contenders) times.push(await timeRequest(pool, INPUT, INPUT));
    return contenders.map(({ pool, times, ...contender }) => ({ ...contender, ...summarize(times) }));
  } finally {
    await Promise.all(contenders.map(({ pool }) => pool.close()));
  }
}
