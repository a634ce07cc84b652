import sharp from 'sharp';
import { bitmapOf } from '../bitmap.js';
import { parts } from '../built-parts.js';
import type { Blemish } from './index.js';

const photo = sharp(parts.picture('coffee.png')).resize(150, 100);
const bitmap = await bitmapOf(await photo.png().toBuffer());

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

/** Bitmaps that good decoders show whole. */
export const bitmaps: Readonly<Record<string, Blemish>> = {
  'an OS/2 2 bitmap': { whole: bitmap, bytes: os2(bitmap) },
  'an OS/2 2 bitmap with a palette': { whole: paletteBitmap(), bytes: os2(paletteBitmap()) },
};

/** Bitmaps with such a blemish that lack pixels as well. */
export const incompleteBitmaps: Readonly<Record<string, Buffer>> = {
  'an OS/2 2 bitmap that ends inside its pixels': os2(bitmap).subarray(0, -200),
  'an OS/2 2 bitmap of a coding that only OS/2 has': coded(os2(bitmap), 4),
};

/** The bitmap that says it is compressed this way. */
function coded(bitmap: Buffer, compression: number): Buffer {
  const copy = Buffer.from(bitmap);
  copy.writeUInt32LE(compression, 30);
  return copy;
}
