import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { frameSizes, gifExtent } from './header.js';

const frames = await Promise.all(
  ['red', 'lime', 'blue'].map((background) =>
    sharp({ create: { width: 30, height: 20, channels: 3, background } })
      .png()
      .toBuffer(),
  ),
);
const film = sharp(frames, { join: { animated: true } });
const gif = await film.clone().gif().toBuffer();
const webp = await film.clone().webp().toBuffer();

for (const [format, image] of [
  ['gif', gif],
  ['webp', webp],
] as const) {
  test(`the frames of a ${format} are those that it is made of`, async () => {
    const sizes = [...frameSizes(image, format)];
    assert.deepEqual(sizes, Array(3).fill({ width: 30, height: 20 }));
    assert.equal((await sharp(image).metadata()).pages, sizes.length);
  });

  test(`of a ${format} that ends anywhere, no more frames are found than it has`, () => {
    for (let end = 0; end < image.length; end += 1)
      assert.ok([...frameSizes(image.subarray(0, end), format)].length <= 3, `${end}`);
  });

  test(`noise that begins as a ${format} comes to an end`, () => {
    for (const byte of [0x00, 0x2c, 0x21, 0xff])
      for (const _ of frameSizes(Buffer.concat([image.subarray(0, 30), Buffer.alloc(1e6, byte)]), format));
  });
}

test('a still WebP, and a format without animation, has none', async () => {
  const [frame = Buffer.alloc(0)] = frames;
  assert.deepEqual([...frameSizes(await sharp(frame).webp().toBuffer(), 'webp')], []);
  assert.deepEqual([...frameSizes(frame, 'png')], []);
});

test('a GIF is as large as its frames reach, as sharp has it', async () => {
  const screen = { width: 30, height: 20 };
  assert.deepEqual(gifExtent(gif, screen), screen);
  const descriptor = gif.indexOf(Buffer.from([0x2c, 0, 0, 0, 0, 30, 0, 20, 0]));
  const moved = Buffer.from(gif);
  moved.writeUInt16LE(7, descriptor + 1);
  moved.writeUInt16LE(300, descriptor + 3);
  const { width, height } = await sharp(moved).metadata();
  assert.deepEqual([width, height], [37, 320]);
  assert.deepEqual(gifExtent(moved, screen), { width, height });
});
