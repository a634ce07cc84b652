import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { noisyRows, noisyRowsOf16Bits } from './noisy-rows.js';

/** Pictures by what they are. */
export type Pictures = Readonly<Record<string, Buffer>>;

const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const CHANNELS = { 0: 1, 2: 3, 6: 4 } as const;

/** How a PNG is made. */
interface PngOptions {
  /** Bits a channel. */
  readonly depth: 1 | 8 | 16;
  /** 0 grey, 2 RGB, 6 RGBA. */
  readonly colour: keyof typeof CHANNELS;
  readonly interlaced?: boolean;
  /** Chunks before the pixels. */
  readonly chunks?: readonly Buffer[];
}

/** A black PNG, all of whose pixels are there, packed as tightly as deflate can: 1 : 1000. */
export function blackPng(
  width: number,
  height: number,
  { depth, colour, interlaced = false, chunks = [] }: PngOptions,
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, interlaced ? 1 : 0], 8);
  const bytes = (columns: number, rows: number) =>
    columns > 0 ? rows * (1 + Math.ceil((columns * depth * CHANNELS[colour]) / 8)) : 0;
  // Adam7's seven pictures: where each starts, and how far its pixels are apart.
  const passes = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ] as const;
  const length = interlaced
    ? passes.reduce(
        (sum, [x, y, dx, dy]) => sum + bytes(Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)),
        0,
      )
    : bytes(width, height);
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', header),
    ...chunks,
    pngChunk('IDAT', zeros(length)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
  return chunk;
}

function zeros(length: number): Buffer {
  return deflateSync(Buffer.alloc(length), { level: 9 });
}

/** A GIF whose frames claim a size and have one pixel. */
function liarsGif(screen: number, frames: number, side: number): Buffer {
  const head = Buffer.from('GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  head.writeUInt16LE(screen, 6);
  head.writeUInt16LE(screen, 8);
  const frame = Buffer.from([0x2c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0x4c, 0x01, 0]);
  frame.writeUInt16LE(side, 5);
  frame.writeUInt16LE(side, 7);
  return Buffer.concat([head, ...Array<Buffer>(frames).fill(frame), Buffer.from(';')]);
}

/** A bitmap of 8 bits a pixel, run-length encoded; `rows` of it black, the rest left out. */
function packedBitmap(width: number, height: number, rows = 0): Buffer {
  const head = Buffer.alloc(62);
  head.write('BM', 'latin1');
  head.writeUInt32LE(head.length, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(width, 18);
  head.writeInt32LE(height, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(8, 28);
  head.writeUInt32LE(1, 30);
  head.writeUInt32LE(2, 46);
  const runs = Array.from({ length: Math.ceil(width / 255) }, (_, i) => [Math.min(255, width - i * 255), 0]);
  const row = Buffer.from([...runs.flat(), 0, 0]);
  const bitmap = Buffer.concat([head, ...Array<Buffer>(rows).fill(row), Buffer.from([0, 1])]);
  bitmap.writeUInt32LE(bitmap.length, 2);
  return bitmap;
}

const dot = sharp({ create: { width: 8, height: 8, channels: 3, background: 'teal' } });
const jpeg = await dot.clone().jpeg().toBuffer();
const webp = await dot.clone().webp().toBuffer();
const film = await sharp([await dot.clone().png().toBuffer(), await dot.clone().negate().png().toBuffer()], {
  join: { animated: true },
})
  .webp()
  .toBuffer();

/** The picture with other bytes at `at`. */
function patched(image: Buffer, at: number, write: (image: Buffer, at: number) => void): Buffer {
  const copy = Buffer.from(image);
  write(copy, at);
  return copy;
}

/** The WebP claims, in its picture with losses, to be 16,383 x 16,383. */
function claimingWebp(image: Buffer): Buffer {
  return patched(image, image.indexOf('9d012a', 'hex'), (copy, at) =>
    copy.fill('ff3fff3f', at + 3, at + 7, 'hex'),
  );
}

/** A WebP whose canvas is 8 x 8, whatever its picture is (RFC 9649, 2.7). */
function webpOnSmallCanvas(): Buffer {
  const canvas = Buffer.from('VP8X\n\0\0\0\0\0\0\0\x07\0\0\x07\0\0', 'latin1');
  const file = Buffer.concat([webp.subarray(0, 12), canvas, claimingWebp(webp).subarray(12)]);
  file.writeUInt32LE(file.length - 8, 4);
  return file;
}

function claimingJpeg(side: number): Buffer {
  return patched(jpeg, jpeg.indexOf('ffc0', 'hex'), (copy, at) => {
    copy.writeUInt16BE(side, at + 5);
    copy.writeUInt16BE(side, at + 7);
  });
}

function jpegOfTwoFrames(): Buffer {
  const at = jpeg.indexOf('ffc0', 'hex');
  const end = at + 2 + jpeg.readUInt16BE(at + 2);
  const large = claimingJpeg(30_000).subarray(at, end);
  return Buffer.concat([jpeg.subarray(0, end), large, jpeg.subarray(end)]);
}

/** A WebP animation of `frames` frames; what its canvas and its first frame claim to be, if it is not 8 x 8. */
function webpFilm(frames: number, { canvas = 8, side = 8 } = {}): Buffer {
  const at = film.indexOf('ANMF');
  const frame = film.subarray(at, at + 8 + film.readUInt32LE(at + 4));
  const all = Buffer.concat([film.subarray(0, at), ...Array<Buffer>(frames).fill(frame)]);
  all.writeUInt32LE(all.length - 8, 4);
  for (const place of [24, 27]) all.writeUIntLE(canvas - 1, place, 3);
  for (const place of [14, 17]) all.writeUIntLE(side - 1, at + place, 3);
  return all;
}

/**
 * A progressive grey JPEG that says the same thing in scan after scan: https://www.w3.org/Graphics/JPEG/itu-t81.pdf,
 * annex G. Each passes over all blocks in a few bytes.
 */
function jpegOfScans(width: number, height: number, scans: number): Buffer {
  const segment = (marker: number, body: readonly number[]) =>
    Buffer.from([0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255, ...body]);
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  // Codes: DC 0 is the difference 0; AC 0 a run of 16384 and more blocks without coefficients, 10 one such block.
  const tables = [
    segment(0xdb, [0, ...Array<number>(64).fill(1)]),
    segment(0xc2, [8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]),
    segment(0xc4, [0x00, 1, ...Array<number>(15).fill(0), 0]),
    segment(0xc4, [0x10, 1, 1, ...Array<number>(14).fill(0), 0xe0, 0x00]),
  ];
  let bits = '';
  for (let left = blocks; left > 0; ) {
    const run = left >= 2 ** 14 ? Math.min(left, 2 ** 15 - 1) : 1;
    bits += run === 1 ? '10' : `0${(run - 2 ** 14).toString(2).padStart(14, '0')}`;
    left -= run;
  }
  const bytes = bits.match(/.{1,8}/g)?.map((byte) => Number.parseInt(byte.padEnd(8, '1'), 2)) ?? [];
  const scan = Buffer.from(bytes.flatMap((byte) => (byte === 0xff ? [byte, 0] : [byte])));
  const first = [segment(0xda, [1, 1, 0, 0, 0, 0]), Buffer.alloc(Math.ceil(blocks / 8))];
  const more = Buffer.concat([segment(0xda, [1, 1, 0, 1, 63, 0]), scan]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    ...tables,
    ...first,
    ...Array<Buffer>(scans).fill(more),
    Buffer.from([0xff, 0xd9]),
  ]);
}

/** Small files that claim far more pixels than any service takes. */
export const claims: Pictures = {
  'a PNG of 30,000 x 30,000 pixels that are all there': blackPng(30_000, 30_000, { depth: 1, colour: 0 }),
  'a JPEG that claims 30,000 x 30,000': claimingJpeg(30_000),
  'a progressive JPEG that claims 65,500 x 65,500': jpegOfScans(65_500, 65_500, 0).subarray(0, 200),
  'a GIF that claims 30,000 x 30,000': liarsGif(30_000, 1, 1),
  'a GIF of one pixel with a frame of 30,000 x 30,000': liarsGif(1, 1, 30_000),
  'a GIF of 5,000 frames of 1,000 x 1,000': liarsGif(1000, 5000, 1000),
  'a WebP that claims 16,383 x 16,383': claimingWebp(webp),
  'a WebP animation with a canvas of 30,000 x 30,000': webpFilm(2, { canvas: 30_000 }),
  'a WebP animation of 8 x 8 with a frame of 30,000 x 30,000': webpFilm(2, { side: 30_000 }),
  'a bitmap of 30,000 x 30,000 that is left out': packedBitmap(30_000, 30_000),
};

/** A chunk of some kilobytes that unpacks to 300 MB. */
const unpacking = zeros(300e6);
const packed = (start: string) => Buffer.concat([Buffer.from(start, 'latin1'), unpacking]);
const small = { depth: 8, colour: 2 } as const;

/** Files with little in sight and much behind it, which a service may take, or refuse as damaged. */
export const hidden: Pictures = {
  'a PNG with a colour profile of 300 MB': blackPng(8, 8, {
    ...small,
    chunks: [pngChunk('iCCP', packed('p\0\0'))],
  }),
  'a PNG with 30 texts of 300 MB': blackPng(8, 8, {
    ...small,
    chunks: Array<Buffer>(30).fill(pngChunk('zTXt', packed('t\0\0'))),
  }),
  'a PNG with 30 translated texts of 300 MB': blackPng(8, 8, {
    ...small,
    chunks: Array<Buffer>(30).fill(pngChunk('iTXt', packed('t\0\x01\0en\0t\0'))),
  }),
  'a PNG of 8 x 8 with pixels of 300 MB': Buffer.concat([
    blackPng(8, 8, small).subarray(0, 33),
    pngChunk('IDAT', unpacking),
    pngChunk('IEND', Buffer.alloc(0)),
  ]),
  'a JPEG of 90 scans': jpegOfScans(3000, 3000, 90),
  'a JPEG of 50,000 scans': jpegOfScans(3000, 3000, 50_000),
  'a JPEG with a second frame of 30,000 x 30,000': jpegOfTwoFrames(),
  'a GIF of 49 frames of 1,000 x 1,000 that are not there': liarsGif(1000, 49, 1000),
  'a GIF of 200,000 frames of one pixel': liarsGif(1, 200_000, 1),
  'a WebP of 8 x 8 whose picture is 16,383 x 16,383': webpOnSmallCanvas(),
  'a WebP animation of 8 x 8 with a picture of 16,383 x 16,383': claimingWebp(webpFilm(2)),
  'a WebP animation of 40,000 frames': webpFilm(40_000),
  'a bitmap of 5,000 x 5,000 that is left out': packedBitmap(5000, 5000),
};

/** Pictures of `width` x `height` pixels, in each format and in the forms that take most memory. */
export async function picturesOf(width: number, height: number): Promise<Pictures> {
  const solid = sharp({ create: { width, height, channels: 3, background: 'teal' } });
  return {
    PNG: blackPng(width, height, { depth: 8, colour: 2 }),
    'PNG of 16 bits with transparency': blackPng(width, height, { depth: 16, colour: 6 }),
    'interlaced PNG of 16 bits with transparency': blackPng(width, height, {
      depth: 16,
      colour: 6,
      interlaced: true,
    }),
    'PNG that is no smaller in grey': await noisyRows(width, height),
    'PNG of noise of 16 bits with transparency': await noisyRowsOf16Bits(width, height),
    JPEG: await solid.clone().jpeg().toBuffer(),
    'progressive JPEG': await solid
      .clone()
      .jpeg({ progressive: true, chromaSubsampling: '4:4:4' })
      .toBuffer(),
    GIF: await solid.clone().gif().toBuffer(),
    WebP: await solid.clone().webp({ effort: 0 }).toBuffer(),
    'lossless WebP': await solid.clone().webp({ lossless: true, effort: 0 }).toBuffer(),
    BMP: packedBitmap(width, height, height),
  };
}
