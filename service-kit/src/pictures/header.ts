import probe from 'probe-image-size/sync.js';
import { z } from 'zod';
import { Problem } from '../http/problem.js';
import { adviceFor } from './other-formats.js';

/** The longest side, in pixels: what a JPEG or a GIF can have. No decoder here is made for longer ones. */
const MAX_SIDE = 65_535;

const size = z.object({ width: z.int().min(1), height: z.int().min(1) });

/** The formats that are read here, each as its media type has it behind `image/`. */
export const IMAGE_FORMATS = ['png', 'jpeg', 'gif', 'webp', 'bmp'] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

const FORMAT_NAMES: Readonly<Record<ImageFormat, string>> = {
  png: 'PNG',
  jpeg: 'JPEG',
  gif: 'GIF',
  webp: 'WebP',
  bmp: 'BMP',
};

/** What the first bytes of a picture say of it. */
export interface ImageHeader {
  readonly format: ImageFormat;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Frames of a GIF or an animated WebP; 0 of any other. */
  readonly frames: number;
}

/**
 * Reads a picture's header, and those of an animation's frames, without decoding the picture.
 *
 * @throws Problem 415 for what is not one of `formats`, 422 for a header that cannot be read, 413 for more than
 *   `maxPixels` pixels, those of all frames together, or 65,535 on a side
 */
export function readImageHeader(
  image: Buffer,
  maxPixels: number,
  formats: readonly ImageFormat[] = IMAGE_FORMATS,
): ImageHeader {
  const format = formatOf(image);
  if (format === undefined || !formats.includes(format)) throw wrongFormat(image, formats, format);
  const { width, height } = sizeOf(image, format);
  if (Math.max(width, height) > MAX_SIDE && width * height <= maxPixels)
    throw new Problem(
      413,
      'ERR_TOO_LONG',
      `The picture is ${width} x ${height} pixels; at most ${MAX_SIDE} on a side are taken. Send a shorter one.`,
    );
  if (width * height > maxPixels)
    throw tooManyPixels(`The picture is ${width} x ${height} pixels`, maxPixels);
  return { format, width, height, frames: countFrames(image, format, maxPixels) };
}

function countFrames(image: Buffer, format: ImageFormat, maxPixels: number): number {
  let frames = 0;
  let pixels = 0;
  for (const { width, height } of frameSizes(image, format)) {
    frames += 1;
    pixels += width * height;
    if (pixels > maxPixels)
      throw tooManyPixels(`The picture's first ${frames} frames have ${pixels} pixels`, maxPixels);
  }
  return frames;
}

function tooManyPixels(what: string, maxPixels: number): Problem {
  return new Problem(
    413,
    'ERR_TOO_MANY_PIXELS',
    `${what}; at most ${maxPixels} in all are taken. Send a smaller one.`,
  );
}

/** The format that the first bytes of a picture tell; `undefined` if it is none of those that are read here. */
export function formatOf(image: Buffer): ImageFormat | undefined {
  const start = image.toString('latin1', 0, 12);
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (start.startsWith('\xff\xd8')) return 'jpeg';
  if (start.startsWith('GIF87a') || start.startsWith('GIF89a')) return 'gif';
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'webp';
  return start.startsWith('BM') ? 'bmp' : undefined;
}

function wrongFormat(image: Buffer, taken: readonly ImageFormat[], format: ImageFormat | undefined): Problem {
  const [last, ...others] = taken.map((format) => FORMAT_NAMES[format]).reverse();
  const names = others.length === 0 ? last : `${others.reverse().join(', ')} or ${last}`;
  const what =
    format === undefined
      ? (adviceFor(image) ?? 'This is not a picture of a kind that is read here.')
      : `This is a ${FORMAT_NAMES[format]}.`;
  return new Problem(415, 'ERR_FORMAT', `${what} Send a ${names}.`);
}

function sizeOf(image: Buffer, format: ImageFormat): z.infer<typeof size> {
  const { data, error } = size.safeParse(format === 'jpeg' ? jpegSize(image) : probe.parsers[format](image));
  if (data !== undefined) return format === 'gif' ? gifExtent(image, data) : data;
  throw new Problem(
    422,
    'ERR_IMAGE',
    `The picture starts as ${format.toUpperCase()} but its header cannot be read. Send another one.`,
    { cause: error },
  );
}

/** The size of one frame, in pixels. */
interface Size {
  readonly width: number;
  readonly height: number;
}

const GIF_TABLE_FLAG = 0x80;
const ANMF = Buffer.from('ANMF').readUInt32LE();

/**
 * The sizes that the frames of an animation claim, in order, read from the headers between them; nothing is decoded. None
 * for formats without animation. It ends where the file is damaged: what is wrong there, the decoder says.
 */
export function frameSizes(image: Buffer, format: string): Iterable<Size> {
  if (format === 'gif') return gifFrames(image);
  return format === 'webp' ? webpFrames(image) : [];
}

/**
 * The size of a GIF as decoders show it: of its screen, and as far beyond that as its frames reach. They may not
 * (GIF89a specification, 20), but some do.
 */
export function gifExtent(image: Buffer, screen: Size): Size {
  let { width, height } = screen;
  for (const at of gifDescriptors(image)) {
    const frame = gifFrame(image, at);
    width = Math.max(width, image.readUInt16LE(at + 1) + frame.width);
    height = Math.max(height, image.readUInt16LE(at + 3) + frame.height);
  }
  return { width, height };
}

function* gifFrames(image: Buffer): Generator<Size> {
  for (const at of gifDescriptors(image)) yield gifFrame(image, at);
}

function gifFrame(image: Buffer, at: number): Size {
  return { width: image.readUInt16LE(at + 5), height: image.readUInt16LE(at + 7) };
}

/** Where the descriptors of the frames begin: https://www.w3.org/Graphics/GIF/spec-gif89a.txt, 17 to 27 */
function* gifDescriptors(image: Buffer): Generator<number> {
  let at = 13 + gifTableBytes(image[10] ?? 0);
  for (;;) {
    const block = image[at];
    if (block === 0x2c && at + 10 < image.length) {
      yield at;
      at = behindSubBlocks(image, at + 11 + gifTableBytes(image[at + 9] ?? 0));
    } else if (block === 0x21) at = behindSubBlocks(image, at + 2);
    else return;
  }
}

function gifTableBytes(flags: number): number {
  return flags & GIF_TABLE_FLAG ? 3 << ((flags & 7) + 1) : 0;
}

function behindSubBlocks(image: Buffer, start: number): number {
  let at = start;
  for (;;) {
    const length = image[at] ?? 0;
    at += 1 + length;
    if (length === 0) return at;
  }
}

/** https://developers.google.com/speed/webp/docs/riff_container#animation */
function* webpFrames(image: Buffer): Generator<Size> {
  let at = 12;
  while (at + 24 <= image.length) {
    if (image.readUInt32LE(at) === ANMF)
      yield { width: 1 + image.readUIntLE(at + 14, 3), height: 1 + image.readUIntLE(at + 17, 3) };
    const length = image.readUInt32LE(at + 4);
    at += 8 + length + (length % 2);
  }
}

const [MARKER, STUFFED] = [0xff, 0x00];
const [TEMPORARY, FIRST_RESTART, START_OF_IMAGE, END_OF_IMAGE, START_OF_SCAN] = [
  0x01, 0xd0, 0xd8, 0xd9, 0xda,
];
/** Between the headers of frames: of tables, and two that mean nothing yet. */
const NO_FRAMES = [0xc4, 0xc8, 0xcc];

/**
 * The size that a JPEG's frame header claims, in pixels; `undefined` where none is before the first scan.
 *
 * What stands between segments is passed over, and what is a marker is one, as in libjpeg (jdmarker.c) and in the
 * functions; probe-image-size gives up at some of that. ITU T.81, annex B: https://www.w3.org/Graphics/JPEG/itu-t81.pdf
 */
export function jpegSize(image: Buffer): { width: number; height: number } | undefined {
  let at = 2;
  while (at < image.length) {
    at = image.indexOf(MARKER, at);
    if (at < 0) return undefined;
    while (image[at] === MARKER) at += 1;
    const marker = image[at] ?? END_OF_IMAGE;
    at += 1;
    if (marker === END_OF_IMAGE || marker === START_OF_SCAN) return undefined;
    if (marker === STUFFED || marker === TEMPORARY || isBetween(marker, FIRST_RESTART, START_OF_IMAGE))
      continue;
    if (at + 7 > image.length) return undefined;
    if (isBetween(marker, 0xc0, 0xcf) && !NO_FRAMES.includes(marker))
      return { width: image.readUInt16BE(at + 5), height: image.readUInt16BE(at + 3) };
    at += Math.max(2, image.readUInt16BE(at));
  }
  return undefined;
}

function isBetween(marker: number, first: number, last: number): boolean {
  return marker >= first && marker <= last;
}
