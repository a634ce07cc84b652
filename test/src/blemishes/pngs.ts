import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { parts } from '../built-parts.js';
import type { Blemish } from './index.js';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

const photo = sharp(parts.picture('coffee.png')).resize(150, 100);
const png = await photo.clone().png().toBuffer();
/** A PNG chunk; its checksum is right, or has one bit that is not. */
function chunk(name: string, data: Buffer | string, { isWrong = false } = {}): Buffer {
  const body = Buffer.concat([latin1(name), Buffer.from(data)]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length - 4);
  sum.writeUInt32BE((crc32(body) ^ (isWrong ? 1 : 0)) >>> 0);
  return Buffer.concat([length, body, sum]);
}

/** The PNG with chunks behind its first. */
function withChunks(image: Buffer, ...chunks: Buffer[]): Buffer {
  return Buffer.concat([image.subarray(0, 33), ...chunks, image.subarray(33)]);
}

const png16 = await photo.clone().png({ palette: true, colours: 16 }).toBuffer();
const end = png.indexOf('IEND') - 4;
const text = chunk('tEXt', 'Comment\0something about the picture');

/** PNGs that good decoders show whole. */
const fcTL = Buffer.alloc(26, 0xff);
export const pngs: Readonly<Record<string, Blemish>> = {
  'a PNG with a text of a wrong checksum': {
    whole: png,
    bytes: withChunks(png, chunk('tEXt', 'Comment\0a text', { isWrong: true })),
  },
  'a PNG with chunks of wrong content': {
    whole: png,
    bytes: withChunks(
      png,
      chunk('iCCP', 'profile\0\0this is not compressed'),
      chunk('pHYs', 'short'),
      chunk('gAMA', ''),
      chunk('zTXt', 'Comment\0\0?'),
      chunk('tIME', '!'),
    ),
  },
  'a PNG of a frame that makes no sense': { whole: png, bytes: withChunks(png, chunk('fcTL', fcTL)) },
  'a PNG of a frame without what it needs': {
    whole: png,
    bytes: withChunks(png, chunk('acTL', '????'), chunk('fcTL', 'short')),
  },
  'a PNG that suggests a palette which ends inside a colour': {
    whole: png,
    bytes: withChunks(png, chunk('PLTE', '1234')),
  },
  'a PNG that suggests a palette of a wrong checksum': {
    whole: png,
    bytes: withChunks(png, chunk('PLTE', '123', { isWrong: true })),
  },
  'a PNG without its end': { whole: png, bytes: png.subarray(0, end) },
  'a PNG with a palette, without its end': { whole: png16, bytes: png16.subarray(0, -12) },
  'a PNG that ends inside its end': { whole: png, bytes: png.subarray(0, -3) },
  'a PNG that ends inside the name of its end': { whole: png, bytes: png.subarray(0, -6) },
  'a PNG whose end has a wrong checksum': {
    whole: png,
    bytes: Buffer.concat([png.subarray(0, end), chunk('IEND', '', { isWrong: true })]),
  },
  'a PNG that ends inside a text behind its pixels': {
    whole: png,
    bytes: Buffer.concat([png.subarray(0, end), text.subarray(0, 20)]),
  },
  'a PNG that ends inside the length of a text behind its pixels': {
    whole: png,
    bytes: Buffer.concat([png.subarray(0, end), text.subarray(0, 3)]),
  },
  'a PNG with noise behind its pixels': {
    whole: png,
    bytes: Buffer.concat([png.subarray(0, end), Buffer.alloc(100, 0xa5)]),
  },
};

/** PNGs with such a blemish that lack pixels as well. */
export const incompletePngs: Readonly<Record<string, Buffer>> = {
  'a PNG that ends inside its pixels': png.subarray(0, end - 40),
  'a PNG that ends inside the checksum of its pixels': png.subarray(0, end - 2),
  'a PNG without pixels': Buffer.concat([png.subarray(0, png.indexOf('IDAT') - 4), png.subarray(end)]),
  'a PNG whose pixels have a wrong checksum': Buffer.concat([
    png.subarray(0, end - 1),
    Buffer.from([(png[end - 1] ?? 0) ^ 1]),
    png.subarray(end),
  ]),
  'a PNG with a text between its pixels': parted(png),
};

/** The PNG with its pixels in two chunks, and another between them. */
function parted(image: Buffer): Buffer {
  const at = image.indexOf('IDAT') + 4;
  const data = image.subarray(at, at + image.readUInt32BE(at - 8));
  return Buffer.concat([
    image.subarray(0, at - 8),
    chunk('IDAT', data.subarray(0, 5000)),
    text,
    chunk('IDAT', data.subarray(5000)),
    image.subarray(end),
  ]);
}
