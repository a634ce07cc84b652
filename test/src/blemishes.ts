import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { bitmapOf } from './bitmap.js';
import { parts } from './built-parts.js';
import { containers } from './stress/pieces.js';

/** A file with something wrong that its pixels do not need, and the same file without that. */
export interface Blemish {
  readonly bytes: Buffer;
  readonly whole: Buffer;
}

const latin1 = (text: string) => Buffer.from(text, 'latin1');

const photo = sharp(parts.picture('coffee.png')).resize(150, 100);
const png = await photo.clone().png().toBuffer();
const jpeg = await photo
  .clone()
  .keepMetadata()
  .withExif({ IFD0: { Make: 'a camera' } })
  .jpeg()
  .toBuffer();
const upsideDown = await photo.clone().withMetadata({ orientation: 3 }).jpeg().toBuffer();
const progressive = await photo.clone().jpeg({ progressive: true }).toBuffer();
const byComponents = await readFile(parts.picture('coffee-scans.jpg'));
const withRestarts = await readFile(parts.picture('coffee-restarts.jpg'));
const cmyk = await photo.clone().toColourspace('cmyk').jpeg().toBuffer();
const gif = await photo.clone().gif().toBuffer();
const film = await sharp([png, await sharp(png).negate().png().toBuffer()], { join: { animated: true } })
  .gif()
  .toBuffer();

const isCodedData = (piece: Buffer) => piece[0] !== 0xff || piece[1] === 0;

/** The JPEG with these bytes behind each of its segments but that of a scan. */
function strewn(image: Buffer, stray: Buffer): Buffer {
  const pieces = containers.jpeg.split(image);
  return containers.jpeg.join(
    pieces.flatMap((piece) =>
      isCodedData(piece) || [0xd8, 0xd9, 0xda].includes(piece[1] ?? 0) ? [piece] : [piece, stray],
    ),
  );
}

/** The JPEG with a segment right behind its start. Its length is that of its content, or another one. */
function withSegment(image: Buffer, marker: number, content: string, length = content.length + 2): Buffer {
  const head = Buffer.from([0xff, 0xd8, 0xff, marker, length >> 8, length & 255]);
  return Buffer.concat([head, latin1(content), image.subarray(2)]);
}

/** The JPEG whose Adobe segment says this of its colours. */
function withTransform(image: Buffer, transform: number): Buffer {
  const copy = Buffer.from(image);
  copy[copy.indexOf('Adobe') + 11] = transform;
  return copy;
}

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

/** A bitmap of Windows as one of OS/2 2: https://www.fileformat.info/format/os2bmp/egff.htm */
function os2(bitmap: Buffer): Buffer {
  const file = Buffer.concat([bitmap.subarray(0, 54), Buffer.alloc(24), bitmap.subarray(54)]);
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(file.readUInt32LE(10) + 24, 10);
  file.writeUInt32LE(64, 14);
  return file;
}

/** A bitmap of 8 bits a pixel, of a palette and of runs: 20 rows of 255 pixels, each row of its own colour. */
function paletteBitmap(): Buffer {
  const head = Buffer.alloc(54);
  head.write('BM', 'latin1');
  const palette = Buffer.from(Array.from({ length: 256 }, (_, i) => [i, 255 - i, (i * 7) % 256, 0]).flat());
  head.writeUInt32LE(head.length + palette.length, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(255, 18);
  head.writeInt32LE(20, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(8, 28);
  head.writeUInt32LE(1, 30);
  const rows = Array.from({ length: 20 }, (_, row) => [255, row * 12, 0, 0]).flat();
  return Buffer.concat([head, palette, Buffer.from([...rows, 0, 1])]);
}

const cutTables = Buffer.from('ffdb0043', 'hex');
const png16 = await photo.clone().png({ palette: true, colours: 16 }).toBuffer();
const end = png.indexOf('IEND') - 4;
const text = chunk('tEXt', 'Comment\0something about the picture');

const strays: Record<string, Buffer> = {
  'a zero': Buffer.alloc(1),
  '18 zeros': Buffer.alloc(18),
  'other bytes': latin1('\x12\x34 camera \x9a\xbc'),
  'a stuffed FF': Buffer.from('a1ff00d9b2', 'hex'),
  'fill bytes': Buffer.alloc(9, 0xff),
};

const jpegs: Record<string, Blemish> = {
  ...Object.fromEntries(
    Object.entries(strays).map(([what, stray]) => [
      `a JPEG with ${what} between its segments`,
      { whole: jpeg, bytes: strewn(jpeg, stray) },
    ]),
  ),
  'a JPEG with bytes right behind its start': {
    whole: jpeg,
    bytes: Buffer.concat([jpeg.subarray(0, 2), Buffer.alloc(18), jpeg.subarray(2)]),
  },
  'a progressive JPEG with bytes between its segments, also those of its scans': {
    whole: progressive,
    bytes: strewn(progressive, Buffer.alloc(18)),
  },
  'a JPEG of a scan for each component with bytes between its segments': {
    whole: byComponents,
    bytes: strewn(byComponents, Buffer.alloc(18)),
  },
  'a JPEG with restarts and bytes between its segments': {
    whole: withRestarts,
    bytes: strewn(withRestarts, Buffer.alloc(18)),
  },
  'a JPEG upside down with bytes between its segments': {
    whole: upsideDown,
    bytes: strewn(upsideDown, Buffer.alloc(18)),
  },
  'a CMYK JPEG with bytes between its segments': { whole: cmyk, bytes: strewn(cmyk, Buffer.alloc(18)) },
  'a JPEG whose colour profile is part 9 of 1': {
    whole: jpeg,
    bytes: withSegment(jpeg, 0xe2, 'ICC_PROFILE\0\x09\x01profile'),
  },
  'a JPEG whose colour profile has no parts': {
    whole: jpeg,
    bytes: withSegment(jpeg, 0xe2, 'ICC_PROFILE\0\0\0profile'),
  },
  'a JPEG whose EXIF is cut short': { whole: jpeg, bytes: withSegment(jpeg, 0xe1, 'Exif\0\0II*') },
  'a JPEG whose EXIF is noise': { whole: jpeg, bytes: withSegment(jpeg, 0xe1, 'Exif\0\0!?#') },
  'a JPEG whose EXIF is longer than its segment': {
    whole: jpeg,
    bytes: withSegment(jpeg, 0xe1, 'Exif\0\0II*\0 and what else a camera writes', 12),
  },
  'a JPEG whose XMP is cut short': {
    whole: jpeg,
    bytes: withSegment(jpeg, 0xe1, 'http://ns.adobe.com/xmp/extension/\0short'),
  },
  'a JPEG whose Adobe segment is cut short': { whole: jpeg, bytes: withSegment(jpeg, 0xee, 'Adobe\0d\0') },
  'a JPEG whose Adobe segment has another name': {
    whole: jpeg,
    bytes: withSegment(jpeg, 0xee, 'Adobf\0d\0\0\0\0\0'),
  },
  'a JPEG whose Adobe segment names a transform that there is not': {
    whole: jpeg,
    bytes: withSegment(jpeg, 0xee, 'Adobe\0d\0\0\0\0\x07'),
  },
  'a JPEG whose Adobe segment names the transform of four components': {
    whole: jpeg,
    bytes: withSegment(jpeg, 0xee, 'Adobe\0d\0\0\0\0\x02'),
  },
  'a JPEG of four components whose Adobe segment names the transform of three': {
    whole: withTransform(cmyk, 2),
    bytes: withTransform(cmyk, 1),
  },
  'a JPEG whose JFIF segment is cut short': { whole: jpeg, bytes: withSegment(jpeg, 0xe0, 'JFIF\0\x01') },
  'a JPEG with a segment that is shorter than its length': {
    whole: jpeg,
    bytes: withSegment(jpeg, 0xe5, '', 0),
  },
  'a JPEG with a comment shorter than its length': { whole: jpeg, bytes: withSegment(jpeg, 0xfe, 'ab', 1) },
  ...Object.fromEntries(
    Object.entries({
      JPEG: jpeg,
      'progressive JPEG': progressive,
      'JPEG with restarts': withRestarts,
      'JPEG of a scan for each component': byComponents,
    }).flatMap(([what, whole]) => [
      [`a ${what} without its end`, { whole, bytes: whole.subarray(0, -2) }],
      [`a ${what} that ends inside its end`, { whole, bytes: whole.subarray(0, -1) }],
      [
        `a ${what} with zeros in place of its end`,
        { whole, bytes: Buffer.concat([whole.subarray(0, -2), Buffer.alloc(600)]) },
      ],
      [
        `a ${what} that ends inside a segment behind its pixels`,
        { whole, bytes: Buffer.concat([whole.subarray(0, -2), cutTables, Buffer.alloc(9)]) },
      ],
    ]),
  ),
};

const fcTL = Buffer.alloc(26, 0xff);
const pngs: Record<string, Blemish> = {
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

const bitmaps: Record<string, Blemish> = {
  'an OS/2 2 bitmap': { whole: await bitmapOf(png), bytes: os2(await bitmapOf(png)) },
  'an OS/2 2 bitmap with a palette': { whole: paletteBitmap(), bytes: os2(paletteBitmap()) },
};

const gifs: Record<string, Blemish> = {
  'a GIF without its trailer': { whole: gif, bytes: gif.subarray(0, -1) },
  'an animated GIF without its trailer': { whole: film, bytes: film.subarray(0, -1) },
};

/** Files that every browser shows whole, by what is wrong with them. */
export const blemishes: Readonly<Record<string, Blemish>> = { ...jpegs, ...pngs, ...gifs, ...bitmaps };
