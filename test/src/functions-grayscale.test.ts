import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import sharp from 'sharp';
import { bitmapOf } from './bitmap.js';
import { parts } from './built-parts.js';
import { alphaOf, decoded, decoded16, shadesOf } from './grey.js';
import { lightBehindInks } from './inks.js';
import { runFunction, serveFunction } from './run-function.js';

const coffee = await sharp(parts.picture('coffee.png')).resize(150, 100).png().toBuffer();
const chelsea = await sharp(parts.picture('chelsea.png')).resize(150, 100).png().toBuffer();
const translucent = await sharp({ create: { width: 150, height: 100, channels: 4, background: '#0000' } })
  .composite([{ input: coffee, left: 0, top: 0, blend: 'over' }])
  .composite([{ input: await halfTransparent(chelsea), left: 0, top: 0, blend: 'source' }])
  .png()
  .toBuffer();

async function halfTransparent(image: Buffer): Promise<Buffer> {
  return sharp(image).ensureAlpha(0.5).extract({ left: 0, top: 0, width: 70, height: 100 }).png().toBuffer();
}

async function fewColours(colours: number): Promise<Buffer> {
  return sharp(coffee).png({ palette: true, colours }).toBuffer();
}

async function grayscale(image: Buffer): Promise<Buffer> {
  const { exitCode, output, message } = await runFunction('grayscale', image);
  assert.deepEqual([exitCode, message], [0, '']);
  return output;
}

for (const [format, image] of [
  ['PNG', coffee],
  ['interlaced PNG', await sharp(coffee).png({ progressive: true }).toBuffer()],
  ['lossless WebP', await sharp(coffee).webp({ lossless: true }).toBuffer()],
  ['lossless WebP of the most effort', await sharp(coffee).webp({ lossless: true, effort: 6 }).toBuffer()],
  ['lossless WebP of the least effort', await sharp(coffee).webp({ lossless: true, effort: 0 }).toBuffer()],
  ['BMP', await bitmapOf(coffee)],
] as const) {
  test(`${format} becomes a PNG of one channel with exactly the shades of its colours`, async () => {
    const grey = await grayscale(image);
    const { format: outputFormat, channels, depth } = await sharp(grey).metadata();
    assert.deepEqual([outputFormat, channels, depth], ['png', 1, 'uchar']);
    assert.deepEqual(shadesOf(await decoded(grey)), shadesOf(await decoded(coffee)));
  });
}

for (const [format, image] of [
  ['PNG with a palette', await sharp(coffee).png({ palette: true }).toBuffer()],
  [
    'large lossless WebP',
    await sharp(parts.picture('coffee.png')).webp({ lossless: true, effort: 6 }).toBuffer(),
  ],
  [
    'lossless WebP of 16 colours',
    await sharp(await fewColours(16))
      .webp({ lossless: true })
      .toBuffer(),
  ],
  [
    'lossless WebP of 2 colours',
    await sharp(await fewColours(2))
      .webp({ lossless: true })
      .toBuffer(),
  ],
  ['grey PNG', await sharp(coffee).grayscale().toColourspace('b-w').png().toBuffer()],
] as const) {
  test(`${format} becomes a PNG with exactly the shades of its colours`, async () => {
    assert.deepEqual(shadesOf(await decoded(await grayscale(image))), shadesOf(await decoded(image)));
  });
}

for (const [format, image] of [
  ['JPEG', await readFile(parts.picture('rocket.jpg'))],
  ['progressive JPEG', await sharp(coffee).jpeg({ progressive: true }).toBuffer()],
  ['JPEG without subsampling', await sharp(coffee).jpeg({ chromaSubsampling: '4:4:4' }).toBuffer()],
  ['grey JPEG', await sharp(coffee).grayscale().jpeg().toBuffer()],
  ['JPEG with restarts', await readFile(parts.picture('coffee-restarts.jpg'))],
  ['progressive JPEG with restarts', await readFile(parts.picture('coffee-progressive-restarts.jpg'))],
  ['JPEG of a scan for each component', await readFile(parts.picture('coffee-scans.jpg'))],
  ['WebP', await sharp(coffee).webp().toBuffer()],
] as const) {
  test(`${format} becomes a PNG whose shades are those of another decoder but for rounding`, async () => {
    assertNear(shadesOf(await decoded(await grayscale(image))), shadesOf(await decoded(image)));
  });
}

function assertNear(shades: number[], expected: number[]): void {
  const differences = expected.map((shade, i) => Math.abs(shade - (shades[i] ?? Number.NaN)));
  const mean = differences.reduce((sum, difference) => sum + difference) / differences.length;
  assert.ok(mean < 1, `differs by ${mean} in the mean`);
  const most = differences.reduce((most, difference) => Math.max(most, difference));
  assert.ok(most <= 16, `differs by up to ${most}`);
}

for (const [format, transform] of [
  ['CMYK', 0],
  ['YCCK', 2],
] as const) {
  test(`a JPEG in ${format} becomes a PNG with the shades of what its inks leave of the light`, async () => {
    for (const options of [{}, { progressive: true }]) {
      const image = await sharp(coffee).toColourspace('cmyk').jpeg(options).toBuffer();
      // sharp writes no YCCK, but any four components are a picture in it.
      image[image.indexOf('Adobe') + 11] = transform;
      const expected = shadesOf(await lightBehindInks(sharp(image)));
      assertNear(shadesOf(await decoded(await grayscale(image))), expected);
      const negative = expected.map((shade) => 255 - shade);
      assert.throws(() => assertNear(negative, expected), /differs by/);
    }
  });
}

for (const [format, image] of [
  ['PNG', translucent],
  ['WebP', await sharp(translucent).webp({ lossless: true, exact: true }).toBuffer()],
] as const) {
  test(`transparency of a ${format} is kept`, async () => {
    const [grey, source] = [await decoded(await grayscale(image)), await decoded(image)];
    assert.deepEqual(alphaOf(grey), alphaOf(source));
    assert.deepEqual([...new Set(alphaOf(grey))].length > 1, true);
    assert.deepEqual(shadesOf(grey), shadesOf(source));
  });
}

test('16 bits a channel are kept, with and without transparency', async () => {
  for (const channels of [3, 4] as const) {
    const samples = Uint16Array.from({ length: 20 * 10 * channels }, (_, i) => (i * 40_503) % 65_536);
    const image = await sharp(samples, { raw: { width: 20, height: 10, channels } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    const source = await decoded16(image);
    assert.deepEqual([...source.data], [...samples]);
    const grey = await grayscale(image);
    assert.equal((await sharp(grey).metadata()).depth, 'ushort');
    const result = await decoded16(grey);
    assert.deepEqual(shadesOf(result), shadesOf(source));
    if (channels === 4) assert.deepEqual(alphaOf(result), alphaOf(source));
  }
});

for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
  test(`EXIF orientation ${orientation} is applied`, async () => {
    for (const format of ['png', 'webp'] as const) {
      const turned = await sharp(coffee)
        .withMetadata({ orientation })
        .toFormat(format, { lossless: true })
        .toBuffer();
      const upright = await sharp(turned).autoOrient().png().toBuffer();
      const [grey, expected] = [await decoded(await grayscale(turned)), await decoded(upright)];
      assert.deepEqual([grey.width, grey.height], [expected.width, expected.height]);
      assert.deepEqual(shadesOf(grey), shadesOf(expected));
    }
  });
}

test('a JPEG on its side stands upright', async () => {
  const turned = await sharp(coffee).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const { width, height, orientation } = await sharp(await grayscale(turned)).metadata();
  assert.deepEqual([width, height, orientation], [100, 150, undefined]);
});

test('the interpreter and ahead-of-time compiled code give equal bytes', async () => {
  const animated = await sharp([coffee, chelsea], { join: { animated: true } })
    .gif()
    .toBuffer();
  for (const image of [coffee, translucent, await sharp(coffee).jpeg().toBuffer(), animated]) {
    const interpreted = await runFunction('grayscale', image, { kind: 'wasm' });
    assert.deepEqual(interpreted.output, await grayscale(image));
  }
});

test('one instance in serve mode answers as plain runs do, also after bad input', async () => {
  const images = [coffee, Buffer.from('no picture'), await sharp(chelsea).gif().toBuffer(), coffee];
  const { ready, answers, run } = await serveFunction('grayscale', images);
  assert.deepEqual([ready, run.exitCode, run.message], ['WFN1', 0, '']);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [0, 5, 0, 0],
  );
  for (const [i, image] of images.entries()) {
    const plain = await runFunction('grayscale', image);
    assert.equal(answers[i]?.status === 0, plain.exitCode === 0);
    assert.deepEqual(
      answers[i]?.payload,
      plain.exitCode === 0 ? plain.output : Buffer.from(plain.message.trim()),
    );
  }
});
