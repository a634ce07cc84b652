import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp, { type Color } from 'sharp';
import { shrink } from './shrink.js';

const HEADER = 'P6\n4 2\n255\n';
const size = { width: 4, height: 2 };

/** Shrinks a picture that has a size of its own. */
async function shrunk(image: Buffer): Promise<Buffer | undefined> {
  const { width, height } = await sharp(image).metadata();
  return shrink(image, { width, height }, size, { timeoutMs: 60_000 });
}

/** The pixels behind the header: rows of [red, green, blue]. */
function pixelsOf(ppm: Buffer | undefined): number[][] {
  assert.ok(ppm);
  assert.equal(ppm.toString('latin1', 0, HEADER.length), HEADER);
  const bytes = [...ppm.subarray(HEADER.length)];
  assert.equal(bytes.length, 4 * 2 * 3);
  return Array.from({ length: 8 }, (_, index) => bytes.slice(index * 3, index * 3 + 3));
}

function plain(background: Color, channels: 3 | 4 = 3) {
  return sharp({ create: { width: 40, height: 20, channels, background } });
}

test('a picture becomes RGB of the size that the model takes', async () => {
  const red = await plain({ r: 255, g: 0, b: 0 }).png().toBuffer();
  assert.deepEqual(pixelsOf(await shrunk(red)), Array(8).fill([255, 0, 0]));
});

test('transparency is white', async () => {
  const clear = await plain({ r: 0, g: 0, b: 0, alpha: 0 }, 4).png().toBuffer();
  assert.deepEqual(pixelsOf(await shrunk(clear)), Array(8).fill([255, 255, 255]));
});

test('a grey picture and one of 16 bits become RGB of 8 bits', async () => {
  const grey = await plain({ r: 90, g: 90, b: 90 }).greyscale().png().toBuffer();
  const deep = await plain({ r: 90, g: 90, b: 90 }).toColourspace('rgb16').png().toBuffer();
  for (const image of [grey, deep]) {
    for (const pixel of pixelsOf(await shrunk(image)))
      for (const value of pixel) assert.ok(Math.abs(value - 90) <= 1, `${value}`);
  }
});

test('the EXIF orientation is applied: what is marked as upside down comes upright', async () => {
  const top = await plain({ r: 0, g: 0, b: 255 }).png().toBuffer();
  const image = await sharp({ create: { width: 40, height: 40, channels: 3, background: 'red' } })
    .composite([{ input: top, top: 0, left: 0 }])
    .withMetadata({ orientation: 3 })
    .png()
    .toBuffer();
  const pixels = pixelsOf(await shrunk(image));
  // Far enough from the edge between the halves that little of it is blended in.
  const [first = [], last = []] = [pixels.at(0), pixels.at(-1)];
  assert.ok((first[0] ?? 0) > 200 && (first[2] ?? 255) < 50, `the top is ${first}`);
  assert.ok((last[2] ?? 0) > 200 && (last[0] ?? 255) < 50, `the bottom is ${last}`);
});

test('of an animation the first frame counts', async () => {
  const frames = await Promise.all(['red', 'lime'].map((colour) => plain(colour).png().toBuffer()));
  const gif = await sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer();
  assert.equal((await sharp(gif).metadata()).pages, 2);
  assert.deepEqual(pixelsOf(await shrunk(gif)), Array(8).fill([255, 0, 0]));
});

test('what libvips finds something wrong with is left to the function', async () => {
  const png = await plain('red').png().toBuffer();
  const jpeg = await plain('red').jpeg().toBuffer();
  const damaged = Buffer.concat([jpeg.subarray(0, -20), Buffer.from([0xff, 0xd9])]);
  for (const image of [png.subarray(0, 60), damaged, Buffer.alloc(0)])
    assert.equal(await shrink(image, { width: 40, height: 20 }, size, { timeoutMs: 60_000 }), undefined);
});

test('a picture with more pixels than its header was said to have is left to the function', async () => {
  const gif = await plain('red').gif().toBuffer();
  assert.equal(await shrink(gif, { width: 40, height: 19 }, size, { timeoutMs: 60_000 }), undefined);
});

test('a very wide picture is left to the function', async () => {
  for (const width of [10_000, 10_001]) {
    const wide = sharp({ create: { width, height: 10, channels: 3, background: 'red' } });
    assert.equal((await shrunk(await wide.png().toBuffer())) !== undefined, width === 10_000);
  }
});

test('a large picture is shrunk only where libvips does not hold the whole of it', async () => {
  const large = sharp({ create: { width: 4001, height: 2000, channels: 3, background: 'red' } });
  for (const [image, isShrunk] of [
    [await large.clone().jpeg().toBuffer(), true],
    [await large.clone().png().toBuffer(), true],
    [await large.clone().jpeg({ progressive: true }).toBuffer(), false],
    [await large.clone().png({ progressive: true }).toBuffer(), false],
    [await large.clone().webp({ effort: 0 }).toBuffer(), false],
    [await large.clone().gif().toBuffer(), false],
  ] as const)
    assert.equal((await shrunk(image)) !== undefined, isShrunk);
});
