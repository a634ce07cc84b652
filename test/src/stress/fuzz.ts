import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc, { type Arbitrary } from 'fast-check';
import { isLong } from './length.js';

/**
 * Checks that `check` takes every value of `inputs`, of which there are `runs`: in the short form always the same ones,
 * in the long form others each time. Returns the seed.
 *
 * A failure names fast-check's seed and path; with them in FUZZ_SEED and FUZZ_PATH the same test begins at the input
 * that failed. The bytes of the smallest input that fails are saved, and the message says where.
 *
 * @throws Error with the report of the smallest input that fails
 */
export async function fuzz<T>(
  inputs: Arbitrary<T>,
  {
    runs,
    bytesOf,
    check,
  }: {
    readonly runs: number;
    readonly bytesOf: (input: T) => Buffer;
    readonly check: (bytes: Buffer, input: T) => Promise<void>;
  },
): Promise<number> {
  const { FUZZ_SEED, FUZZ_PATH: path } = process.env;
  const seed = Number(FUZZ_SEED ?? (isLong ? Date.now() | 0 : 1));
  const property = fc.asyncProperty(inputs, (input) => check(bytesOf(input), input));
  const details = await fc.check(property, {
    numRuns: runs,
    includeErrorInReport: true,
    seed,
    ...(path !== undefined && { path }),
  });
  if (!details.failed) return seed;
  const report = fc.defaultReportMessage(details) ?? 'failed';
  const [smallest] = details.counterexample ?? [];
  if (smallest === undefined) throw new Error(report);
  const file = join(tmpdir(), `fuzz-${details.seed}.bin`);
  await writeFile(file, bytesOf(smallest));
  throw new Error(
    `${report}\n\nThat input is saved as ${file}. To begin with it: ` +
      `FUZZ_SEED=${details.seed} FUZZ_PATH=${details.counterexamplePath} npm run stress <this test file>`,
  );
}
