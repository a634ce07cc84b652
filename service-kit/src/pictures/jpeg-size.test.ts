import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { jpegSize } from './header.js';

const picture = sharp({ create: { width: 30, height: 20, channels: 3, background: 'teal' } });
const size = { width: 30, height: 20 };
const START = Buffer.from([0xff, 0xd8]);
const FRAME = Buffer.from([0xff, 0xc0, 0, 11, 8, 0, 20, 0, 30, 1, 1, 0x11, 0]);

/** A start, these bytes, and a frame. */
const framed = (...parts: (string | Buffer)[]) =>
  Buffer.concat([
    START,
    ...parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'hex') : part)),
    FRAME,
  ]);

test("a JPEG's size is that of its frame, sequential or progressive", async () => {
  for (const progressive of [false, true])
    assert.deepEqual(jpegSize(await picture.clone().jpeg({ progressive }).toBuffer()), size);
});

for (const [what, bytes] of [
  ['zeros', Buffer.alloc(18)],
  ['other bytes', 'deadbeef'],
  ['a stuffed FF', 'ff00'],
  ['a stuffed FF and a byte that would be a marker', 'ff00d9'],
  ['fill bytes', 'ffffffff'],
  ['markers that stand alone', 'ff01ffd0ffd7'],
  ['a segment that is shorter than its length', 'ffe10000ffe10001'],
  ['tables', 'ffc40003c0ffcc0003c0ffdb0003c0'],
] as const)
  test(`${what} before a JPEG's frame, or between its segments, are passed over`, () => {
    const comment = 'fffe0004ffc0';
    for (const image of [
      framed(bytes),
      framed(comment, bytes),
      framed(bytes, comment, bytes, comment, bytes),
    ])
      assert.deepEqual(jpegSize(image), size);
  });

test('a JPEG without a whole frame before its first scan has no size', () => {
  for (let end = 0; end < 9; end += 1)
    assert.equal(jpegSize(Buffer.concat([START, FRAME.subarray(0, end)])), undefined, `${end}`);
  for (const before of ['ffda0002', 'ffd9', 'ffe1ffff']) assert.equal(jpegSize(framed(before)), undefined);
});

test('the size is looked for no longer than the bytes take', () => {
  for (const pattern of ['00', 'ff', 'ffe10002', 'ff00', 'ff0000', 'ffe1ffff', 'ffd0'])
    assert.equal(
      jpegSize(Buffer.concat([START, Buffer.alloc(10_000_000, Buffer.from(pattern, 'hex'))])),
      undefined,
    );
});
