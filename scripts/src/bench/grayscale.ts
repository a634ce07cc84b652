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

/** Names of the contenders that targets are set for. */
export const GRAYSCALE = {
  native: 'sharp',
  process: 'AOT process per request',
  fresh: 'fresh fork',
  warm: 'warm reuse',
} as const;

/** All ways to turn a photo grey; the first is the reference. `close` ends what they hold. */
export async function grayscaleContenders(system: System) {
  const command = await functionCommand('grayscale');
  const interpreted = { ...command, file: command.file.replace(/\.so$/, '.wasm') };
  const fresh = await openPool('grayscale', 1);
  const warm = await openPool('grayscale', Number.MAX_SAFE_INTEGER);
  const contenders: Contender[] = [
    { name: GRAYSCALE.native, run: ({ jpeg }) => sharp(jpeg).grayscale().png().toBuffer(), check },
    {
      name: 'sharp, fastest PNG',
      run: ({ jpeg }) =>
        sharp(jpeg).grayscale().png({ compressionLevel: 1, adaptiveFiltering: false }).toBuffer(),
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
    { name: GRAYSCALE.warm, rest: () => untilReady(warm), run: ({ jpeg }) => warm.run(jpeg), check },
    ...wayContenders(system, 'grayscale', check),
  ];
  return { contenders, close: () => Promise.all([fresh.close(), warm.close()]) };
}

/** A grey PNG of the photo's size that shows the photo. */
async function check(answer: Buffer, { jpeg, width, height }: Photo): Promise<void> {
  const image = sharp(answer);
  const { format, channels } = await image.metadata();
  assert.deepEqual([format, channels], ['png', 1]);
  const shades = await image.raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([shades.info.width, shades.info.height], [width, height]);
  const expected = await sharp(jpeg).grayscale().raw().toBuffer();
  const sum = expected.reduce((total, shade, at) => total + Math.abs(shade - (shades.data[at] ?? 0)), 0);
  assert.ok(sum / expected.length < MAX_MEAN_DIFFERENCE, `shades differ by ${sum / expected.length}`);
}
