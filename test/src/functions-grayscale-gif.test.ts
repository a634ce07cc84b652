import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp, { type GifOptions } from 'sharp';
import { parts } from './built-parts.js';
import { alphaOf, decoded, shadesOf } from './grey.js';
import { runFunction } from './run-function.js';

const small = (name: string) => sharp(parts.picture(name)).resize(90, 60);
const coffee = await small('coffee.png').png().toBuffer();
const chelsea = await small('chelsea.png').png().toBuffer();
/** The second frame changes a corner only, which encoders write as a smaller frame. */
const corner = await small('coffee.png')
  .composite([{ input: await sharp(chelsea).resize(20, 20).toBuffer(), left: 65, top: 35 }])
  .png()
  .toBuffer();
const hole = await sharp(chelsea)
  .ensureAlpha()
  .composite([
    {
      input: { create: { width: 30, height: 30, channels: 4, background: '#000f' } },
      left: 5,
      top: 5,
      blend: 'dest-out',
    },
  ])
  .png()
  .toBuffer();

async function animated(frames: Buffer[], options: GifOptions = {}): Promise<Buffer> {
  return sharp(frames, { join: { animated: true } })
    .gif(options)
    .toBuffer();
}

async function assertGreyOf(image: Buffer): Promise<Buffer> {
  const { exitCode, output, message } = await runFunction('grayscale', image);
  assert.deepEqual([exitCode, message], [0, '']);
  const [grey, source] = [await decoded(output), await decoded(image)];
  assert.deepEqual([grey.width, grey.height, grey.channels], [source.width, source.height, source.channels]);
  assert.deepEqual(shadesOf(grey), shadesOf(source));
  if (source.channels === 4) assert.deepEqual(alphaOf(grey), alphaOf(source));
  return output;
}

for (const [kind, image] of [
  ['a still GIF', await sharp(coffee).gif().toBuffer()],
  ['an interlaced GIF', await sharp(coffee).gif({ progressive: true }).toBuffer()],
  ['a GIF of two colours', await sharp(coffee).gif({ colours: 2 }).toBuffer()],
  ['a GIF with transparency', await sharp(hole).gif().toBuffer()],
  ['an animated GIF', await animated([coffee, corner, chelsea, coffee])],
  ['an animated GIF with transparency', await animated([hole, coffee, hole])],
  [
    'an animated GIF with a colour table for each frame',
    await animated([coffee, chelsea], { reuse: false, interPaletteMaxError: 0 }),
  ],
] as const) {
  test(`${kind} stays one, each frame in exactly the shades of its colours`, async () => {
    const output = await assertGreyOf(image);
    const [before, after] = [await sharp(image).metadata(), await sharp(output).metadata()];
    assert.deepEqual([after.format, after.pages], ['gif', before.pages]);
  });
}

for (const loop of [0, 1, 3]) {
  test(`delays are kept, and the loop count ${loop}`, async () => {
    const image = await animated([coffee, corner, chelsea], { delay: [100, 250, 1000], loop });
    const before = await sharp(image).metadata();
    const after = await sharp(await assertGreyOf(image)).metadata();
    assert.deepEqual(after.delay, [100, 250, 1000]);
    assert.equal(after.loop, before.loop);
    assert.equal(after.loop, loop);
  });
}
