import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { bitmapOf } from './bitmap.js';
import { parts } from './built-parts.js';
import { type RunOptions, runFunction, serveFunction } from './run-function.js';
import { containers } from './stress/pieces.js';

// The status byte of an answer's frame.
const BAD_INPUT = 1;
const TOO_LARGE = 4;
const UNSUPPORTED_FORMAT = 5;

const photo = await sharp(parts.picture('coffee.png')).resize(60, 40).png().toBuffer();
const encoded = {
  PNG: photo,
  JPEG: await sharp(photo).jpeg().toBuffer(),
  'progressive JPEG': await sharp(photo).jpeg({ progressive: true }).toBuffer(),
  GIF: await sharp(photo).gif().toBuffer(),
  WebP: await sharp(photo).webp().toBuffer(),
  'lossless WebP': await sharp(photo).webp({ lossless: true }).toBuffer(),
  BMP: await bitmapOf(photo),
};
const film = await sharp([photo, await sharp(photo).negate().png().toBuffer(), photo], {
  join: { animated: true },
})
  .gif()
  .toBuffer();

async function refusal(input: Uint8Array, options: RunOptions = {}): Promise<string> {
  const { exitCode, output, message } = await runFunction('grayscale', input, options);
  assert.deepEqual([exitCode, output.length], [1, 0], message);
  assert.match(message, /^[^\n]+\n$/);
  return message.trim();
}

/** The picture with other bytes from `at` on. */
function patched(image: Buffer, at: number, bytes: number[]): Buffer {
  const copy = Buffer.from(image);
  copy.set(bytes, at);
  return copy;
}

test('empty input is refused', async () => {
  assert.equal(await refusal(Buffer.alloc(0)), 'empty: there is no picture in the input');
});

test('what is no picture is refused with what to send', async () => {
  for (const input of ['hello', '<svg xmlns="http://www.w3.org/2000/svg"/>', '\0'.repeat(1000)]) {
    assert.equal(
      await refusal(Buffer.from(input)),
      'unsupported format: send a PNG, JPEG, GIF, WebP or BMP picture',
    );
  }
});

test('a picture of another format is refused by its name', async () => {
  const tiff = await sharp(photo).tiff().toBuffer();
  assert.match(await refusal(tiff), /^unsupported format: this is TIFF; send a PNG, JPEG, GIF, WebP or BMP/);
});

for (const [format, image] of Object.entries(encoded)) {
  test(`a ${format} that is cut off anywhere is refused`, async () => {
    const ends = Array.from({ length: 12 }, (_, i) => Math.round((image.length * (i + 0.5)) / 12));
    const { answers } = await serveFunction(
      'grayscale',
      ends.map((end) => image.subarray(0, end)),
    );
    assert.equal(answers.length, ends.length);
    for (const { status, payload } of answers) {
      const [reason] =
        /^(cannot be decoded: damaged or incomplete|unsupported format)/.exec(String(payload)) ?? [];
      assert.equal(status, reason === 'unsupported format' ? UNSUPPORTED_FORMAT : BAD_INPUT, String(payload));
    }
  });

  test(`a ${format} that is a name and noise behind it is refused`, async () => {
    const noise = Buffer.from(Array.from({ length: 400 }, (_, i) => (i * 197) % 256));
    assert.match(await refusal(Buffer.concat([image.subarray(0, 40), noise])), /^cannot be decoded/);
  });
}

test('a JPEG that is damaged in its middle is refused', async () => {
  const { JPEG } = encoded;
  const damaged = patched(JPEG, Math.round(JPEG.length * 0.7), [0xff, 0xc0, 0xff, 0xc4]);
  assert.match(await refusal(damaged), /^cannot be decoded: damaged or incomplete JPEG/);
});

for (const [format, image] of [
  ['JPEG', encoded.JPEG],
  ['progressive JPEG', encoded['progressive JPEG']],
  ['JPEG with restarts', await readFile(parts.picture('coffee-restarts.jpg'))],
  ['progressive JPEG with restarts', await readFile(parts.picture('coffee-progressive-restarts.jpg'))],
  ['JPEG of a scan for each component', await readFile(parts.picture('coffee-scans.jpg'))],
] as const) {
  test(`a ${format} that lacks data is refused, whichever of its scans and intervals lacks it`, async () => {
    const pieces = containers.jpeg.split(image);
    const cuts = pieces.flatMap((piece, at) =>
      isCodedData(piece) ? shortened(piece).map((cut) => containers.jpeg.join(pieces.with(at, cut))) : [],
    );
    assert.ok(cuts.length >= 2, `${cuts.length} cuts`);
    const { answers } = await serveFunction('grayscale', cuts);
    for (const [cut, { status, payload }] of answers.entries()) {
      assert.equal(status, BAD_INPUT, `cut ${cut} of ${cuts.length}`);
      assert.match(payload.toString(), /^cannot be decoded: damaged or incomplete JPEG/);
    }
    assert.equal(answers.length, cuts.length);
  });
}

/** Behind the header of a scan is a piece without a marker before it (see `containers`), or with a stuffed FF. */
function isCodedData(piece: Buffer): boolean {
  return piece[0] !== 0xff || piece[1] === 0;
}

/** The coded data of a scan without the end of one of its restart intervals, each of them, by a byte and by half. */
function shortened(data: Buffer): Buffer[] {
  const ends = [...data.keys()].filter((at) => data[at] === 0xff && data[at + 1] !== 0);
  const starts = [0, ...ends.map((end) => end + 2)];
  return starts.flatMap((start, interval) => {
    const end = ends[interval] ?? data.length;
    return [end - 1, Math.floor((start + end) / 2)].map((cut) =>
      // A stuffed FF goes as a whole.
      Buffer.concat([data.subarray(0, data[cut - 1] === 0xff ? cut - 1 : cut), data.subarray(end)]),
    );
  });
}

test('a PNG whose palette ends inside a colour is refused', async () => {
  const png = await sharp(photo).png({ palette: true, colours: 16 }).toBuffer();
  const start = png.indexOf('PLTE') - 4;
  const end = start + 12 + png.readUInt32BE(start);
  const palette = Buffer.concat([Buffer.from('PLTE'), png.subarray(start + 8, end - 4), Buffer.alloc(1)]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(palette.length - 4);
  sum.writeUInt32BE(crc32(palette));
  const damaged = Buffer.concat([png.subarray(0, start), length, palette, sum, png.subarray(end)]);
  assert.match(await refusal(damaged), /^cannot be decoded: damaged or incomplete PNG/);
});

for (const [format, image] of [
  ['PNG', sizedPng(30_000)],
  ['JPEG', sizedJpeg(30_000)],
  ['GIF', patched(encoded.GIF, 6, [0x30, 0x75, 0x30, 0x75])],
  // VP8: a 14-bit width and height behind the start code 9d 01 2a.
  ['WebP', patched(encoded.WebP, encoded.WebP.indexOf('9d012a', 'hex') + 3, [0xff, 0x3f, 0xff, 0x3f])],
  ['BMP', patched(encoded.BMP, 18, [0x30, 0x75, 0, 0, 0x30, 0x75, 0, 0])],
] as const) {
  test(`a ${format} that claims absurd dimensions is refused before it is decoded`, async () => {
    const message = await refusal(image);
    assert.match(message, /^too large: (30000 x 30000|16383 x 16383) pixels; at most 50000000 pixels/);
  });
}

function sizedPng(side: number): Buffer {
  const png = Buffer.from(encoded.PNG);
  png.writeUInt32BE(side, 16);
  png.writeUInt32BE(side, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

function sizedJpeg(side: number): Buffer {
  const startOfFrame = encoded.JPEG.indexOf('ffc0', 'hex');
  const bytes = [side >> 8, side & 255];
  return patched(encoded.JPEG, startOfFrame + 5, [...bytes, ...bytes]);
}

test('MAX_PIXELS itself is accepted and one pixel more is not', async () => {
  for (const image of Object.values(encoded)) {
    const accepted = await runFunction('grayscale', image, { env: { MAX_PIXELS: '2400' } });
    assert.deepEqual([accepted.exitCode, accepted.message], [0, '']);
    assert.equal(
      await refusal(image, { env: { MAX_PIXELS: '2399' } }),
      'too large: 60 x 40 pixels; at most 2399 pixels are accepted',
    );
  }
});

test("an animated GIF's pixels are counted over all its frames", async () => {
  const accepted = await runFunction('grayscale', film, { env: { MAX_PIXELS: '7200' } });
  assert.deepEqual([accepted.exitCode, accepted.message], [0, '']);
  assert.equal(
    await refusal(film, { env: { MAX_PIXELS: '7000' } }),
    'too large: its first 3 frames have 7200 pixels; at most 7000 pixels are accepted',
  );
});

test('input above WASM_FUNCTION_MAX_INPUT is refused, and the next request is served', async () => {
  const env = { WASM_FUNCTION_MAX_INPUT: String(photo.length) };
  const large = Buffer.concat([photo, Buffer.alloc(1)]);
  const message = `too large: the input is longer than the ${photo.length} bytes that this function accepts`;
  assert.equal(await refusal(large, { env }), message);
  const { answers } = await serveFunction('grayscale', [large, photo], { env });
  assert.deepEqual(
    answers.map(({ status }) => status),
    [TOO_LARGE, 0],
  );
  assert.equal(answers[0]?.payload.toString(), message);
});

for (const [name, value] of [
  ['MAX_PIXELS', '0'],
  ['WASM_FUNCTION_MAX_INPUT', 'much'],
  ['WASM_FUNCTION_MODE', 'sit'],
] as const) {
  test(`a wrong ${name} ends the function with exit code 2 and a message that names it`, async () => {
    const run = await runFunction('grayscale', photo, { env: { [name]: value } });
    assert.deepEqual([run.exitCode, run.output.length], [2, 0]);
    assert.match(run.message, new RegExp(`^${name} is "${value}": set it to [^\n]+\n$`));
  });
}

test('input that ends inside a request ends serve mode with exit code 2', async () => {
  const env = { WASM_FUNCTION_MODE: 'serve' };
  const { exitCode, output, message } = await runFunction('grayscale', Buffer.from([9, 0, 0, 0, 1]), { env });
  assert.deepEqual([exitCode, output.toString()], [2, 'WFN1']);
  assert.equal(message, 'the input ended inside a request\n');
});
