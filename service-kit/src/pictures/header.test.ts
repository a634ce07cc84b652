import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { readImageHeader } from './header.js';

const picture = () => sharp({ create: { width: 30, height: 20, channels: 3, background: 'teal' } });

/** A bitmap of 30 x 20 pixels of 24 bits: https://learn.microsoft.com/windows/win32/gdi/bitmap-storage */
function bitmap(): Buffer {
  const bytes = Buffer.alloc(54 + 92 * 20);
  bytes.write('BM', 'latin1');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(30, 18);
  bytes.writeInt32LE(-20, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  return bytes;
}

for (const [format, image] of [
  ['png', await picture().png().toBuffer()],
  ['jpeg', await picture().jpeg().toBuffer()],
  ['gif', await picture().gif().toBuffer()],
  ['webp', await picture().webp().toBuffer()],
  ['bmp', bitmap()],
] as const) {
  test(`the header of a ${format} tells its format and size`, () => {
    assert.deepEqual(readImageHeader(image, 600), {
      format,
      width: 30,
      height: 20,
      frames: format === 'gif' ? 1 : 0,
    });
  });

  test(`a ${format} of more pixels than allowed is 413, before it is decoded`, () => {
    assert.throws(() => readImageHeader(image, 599), { status: 413, message: /30 x 20 pixels; at most 599/ });
  });

  test(`a ${format} that ends before its size is not taken`, () => {
    assert.throws(() => readImageHeader(image.subarray(0, 9), 600), {
      status: format === 'webp' ? 415 : 422,
    });
  });
}

test('a picture with a side above 65,535 is 413, however few its pixels are', () => {
  const image = bitmap();
  image.writeInt32LE(65_536, 18);
  image.writeInt32LE(-1, 22);
  assert.throws(() => readImageHeader(image, 1_000_000), {
    status: 413,
    code: 'ERR_TOO_LONG',
    message: /65536 x 1 pixels; at most 65535 on a side/,
  });
  image.writeInt32LE(65_535, 18);
  assert.equal(readImageHeader(image, 1_000_000).width, 65_535);
});

test('the header of a bitmap as OS/2 wrote it tells its size', () => {
  const bytes = bitmap();
  bytes.writeUInt32LE(12, 14);
  bytes.writeInt16LE(30, 18);
  bytes.writeInt16LE(20, 20);
  assert.deepEqual(readImageHeader(bytes, 600), { format: 'bmp', width: 30, height: 20, frames: 0 });
});

for (const [what, rest] of [
  ['zeros', Buffer.alloc(10_000)],
  ['empty segments', Buffer.alloc(10_000, Buffer.from([0xff, 0xe1, 0, 2]))],
  ['fill bytes', Buffer.alloc(10_000, 0xff)],
  ['no frame before its scan', Buffer.from([0xff, 0xda, 0, 2, 0xff, 0xc0, 0, 11, 8, 0, 20, 0, 30])],
] as const)
  test(`a jpeg of ${what} is 422`, () => {
    const image = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 2]), rest]);
    assert.throws(() => readImageHeader(image, 600), { status: 422, message: /JPEG but its header/ });
  });

test('a jpeg with bytes between its segments, also behind its first marker, tells its size', async () => {
  const image = await picture().jpeg().toBuffer();
  const stray = Buffer.alloc(18);
  for (const at of [2, image.indexOf('ffdb', 'hex')]) {
    const strewn = Buffer.concat([image.subarray(0, at), stray, image.subarray(at)]);
    assert.deepEqual(readImageHeader(strewn, 600), { format: 'jpeg', width: 30, height: 20, frames: 0 });
    assert.throws(() => readImageHeader(strewn, 599), { status: 413 });
  }
});

test('the header of a bitmap as OS/2 2 wrote it tells its size', () => {
  const bytes = bitmap();
  bytes.writeUInt32LE(64, 14);
  assert.deepEqual(readImageHeader(bytes, 600), { format: 'bmp', width: 30, height: 20, frames: 0 });
});

test('who sends a picture of a known other format is told which it is', () => {
  assert.throws(() => readImageHeader(Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic'), 600), {
    status: 415,
    code: 'ERR_FORMAT',
    message: /^This is a HEIC picture, .* Send a PNG, JPEG, GIF, WebP or BMP\.$/,
  });
});

for (const [what, bytes] of [
  ['text', Buffer.from('Hello, I am a text.')],
  ['a PDF', Buffer.from('%PDF-1.7\n')],
  ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
  ['one byte', Buffer.from([0xff])],
  ['a TIFF', Buffer.from('II*\0aaaaaaaaaaaaaaaaaa', 'latin1')],
] as const) {
  test(`${what} is 415, and the detail lists the formats`, () => {
    assert.throws(() => readImageHeader(bytes, 600), { status: 415, message: /PNG, JPEG, GIF, WebP or BMP/ });
  });
}
