import probe from 'probe-image-size/sync.js';
import { z } from 'zod';
import { frameSizes } from './animation.js';
import { jpegSize } from './jpeg-size.js';
import { adviceFor } from './other-formats.js';
import { Problem } from './problem.js';

/** The longest side, in pixels: what a JPEG or a GIF can have. No decoder here is made for longer ones. */
const LONGEST_SIDE = 65_535;

const size = z.object({ width: z.int().min(1), height: z.int().min(1) });

/** The formats that the functions read. */
export type ImageFormat = 'png' | 'jpeg' | 'gif' | 'webp' | 'bmp';

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
 * @throws Problem 415 for what is not one of the formats, 422 for a header that cannot be read, 413 for more than
 *   `maxPixels` pixels, those of all frames together, or 65,535 on a side
 */
export function readImageHeader(image: Buffer, maxPixels: number): ImageHeader {
  const format = formatOf(image);
  const { width, height } = sizeOf(image, format);
  if (Math.max(width, height) > LONGEST_SIDE && width * height <= maxPixels)
    throw new Problem(
      413,
      'ERR_TOO_LONG',
      `The picture is ${width} x ${height} pixels; at most ${LONGEST_SIDE} on a side are taken. Send a shorter one.`,
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

function formatOf(image: Buffer): ImageFormat {
  const start = image.toString('latin1', 0, 12);
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (start.startsWith('\xff\xd8')) return 'jpeg';
  if (start.startsWith('GIF87a') || start.startsWith('GIF89a')) return 'gif';
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'webp';
  if (start.startsWith('BM')) return 'bmp';
  throw new Problem(
    415,
    'ERR_FORMAT',
    `${adviceFor(image) ?? 'This is not a picture of a kind that is read here.'} Send a PNG, JPEG, GIF, WebP or BMP.`,
  );
}

function sizeOf(image: Buffer, format: ImageFormat): z.infer<typeof size> {
  const { data, error } = size.safeParse(format === 'jpeg' ? jpegSize(image) : probe.parsers[format](image));
  if (data !== undefined) return data;
  throw new Problem(
    422,
    'ERR_IMAGE',
    `The picture starts as ${format.toUpperCase()} but its header cannot be read. Send another one.`,
    { cause: error },
  );
}
