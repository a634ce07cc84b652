import assert from 'node:assert/strict';
import sharp from 'sharp';
import type { Contender } from './contender.js';
import { runFilter } from './filter.js';
import { functionCommand, openPool, untilReady } from './functions.js';
import type { Photo } from './photos.js';
import type { System } from './system.js';
import { wayContenders } from './ways.js';

/** Most that a shade may differ from sharp's on average, in 256ths: the two weigh colours differently. */
const MAX_MEAN_DIFFERENCE = 12;

/** Names of the contenders that others ask for. */
export const GRAYSCALE = {
  native: 'sharp',
  process: 'AOT process per request',
  fresh: 'fresh fork',
  filter: 'fresh fork, as a filter',
  warm: 'warm reuse',
} as const;

/** All ways to turn a photo grey; the first is the reference. `close` ends what they hold. */
export async function grayscaleContenders(system: System) {
  const command = await functionCommand('grayscale');
  const interpreted = { ...command, file: command.file.replace(/\.so$/, '.wasm') };
  const fresh = await openPool('grayscale');
  const filter = await openPool('grayscale', { kind: 'filter' });
  const warm = await openPool('grayscale', { requestsPerInstance: Number.MAX_SAFE_INTEGER });
  const contenders: Contender[] = [
    { name: GRAYSCALE.native, run: ({ jpeg }) => sharp(jpeg).grayscale().png().toBuffer(), check },
    { name: 'sharp, one channel', run: ({ jpeg }) => oneChannel(jpeg).png().toBuffer(), check },
    {
      name: 'sharp, one channel, fastest PNG',
      run: ({ jpeg }) => oneChannel(jpeg).png({ compressionLevel: 1 }).toBuffer(),
      check,
    },
    {
      name: 'interpreter process per request',
      slow: true,
      run: ({ jpeg }) => runFilter(interpreted, jpeg),
      check,
    },
    { name: GRAYSCALE.process, run: ({ jpeg }) => runFilter(command, jpeg), check },
    { name: GRAYSCALE.fresh, rest: () => untilReady(fresh), run: ({ jpeg }) => fresh.run(jpeg), check },
    { name: GRAYSCALE.filter, rest: () => untilReady(filter), run: ({ jpeg }) => filter.run(jpeg), check },
    { name: GRAYSCALE.warm, rest: () => untilReady(warm), run: ({ jpeg }) => warm.run(jpeg), check },
    ...wayContenders(system, 'grayscale', check),
  ];
  return { contenders, close: () => Promise.all([fresh, filter, warm].map((pool) => pool.close())) };
}

/** By itself sharp gives a grey picture three equal channels. */
function oneChannel(jpeg: Buffer) {
  return sharp(jpeg).grayscale().toColourspace('b-w');
}

/** A PNG of the photo's size that shows the photo in grey. */
async function check(answer: Buffer, { jpeg, width, height }: Photo): Promise<void> {
  const metadata = await sharp(answer).metadata();
  assert.deepEqual([metadata.format, metadata.width, metadata.height], ['png', width, height]);
  const colours = await sharp(answer).toColourspace('srgb').raw().toBuffer();
  const expected = await oneChannel(jpeg).raw().toBuffer();
  let sum = 0;
  for (let at = 0; at < expected.length; at += 1) {
    const shade = colours[3 * at] ?? 0;
    if (shade !== colours[3 * at + 1] || shade !== colours[3 * at + 2]) assert.fail('a pixel is not grey');
    sum += Math.abs(shade - (expected[at] ?? 0));
  }
  assert.ok(sum / expected.length < MAX_MEAN_DIFFERENCE, `shades differ by ${sum / expected.length}`);
}
