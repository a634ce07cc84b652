import assert from 'node:assert/strict';
import sharp, { type Sharp } from 'sharp';
import { pixelsOf } from '../bitmap.js';
import { lightBehindInks } from '../inks.js';

/**
 * How an answer of `grayscale` fared against sharp:
 *
 * - `same`: sharp makes the same picture of the input: of a quarter of its pixels or more, as far as they can be compared;
 * - `size`: less than that can be compared (see `compareWithSharp`), but nothing differs;
 * - `alone`: sharp does not take the input, or it is too large, so there is nothing to compare with.
 */
export type Comparison = 'same' | 'size' | 'alone';

/** Samples of a picture, row by row, 8 or 16 bits each. */
interface Pixels {
  readonly data: Uint8Array | Uint16Array;
  readonly channels: number;
  readonly width: number;
  readonly height: number;
}

/** Decoders of a format with losses may round as they like: the tolerance of functions-grayscale.test.ts. */
const LOSSY = { most: 16, mean: 1 };
const EXACT = { most: 0, mean: 0 };

/** Around a value that is out of range no two decoders agree: this far, in cells of this many pixels, in both ways. */
const CELL = 8;
const REACH = 2;
/** What a WebP with losses is coded by, in pixels: a macroblock (RFC 6386, 2). */
const BLOCK = 16;

/** The part of a picture that has to be comparable for a comparison to say anything of it. */
const LEAST_COMPARED = 0.25;

/** Larger pictures are not compared: that would take longer than all else. */
const MAX_PIXELS = 4_000_000;

/** What the eight values of EXIF's orientation do to a picture. */
const WAYS_TO_LIE = [0, 90, 180, 270].flatMap((angle) => [
  (picture: Sharp) => picture.rotate(angle),
  (picture: Sharp) => picture.flop().rotate(angle),
]);

/**
 * Compares what the function made of an input with what sharp makes of it, the contract's shades of its colours.
 *
 * The reference is sharp at its strictest (`failOn: 'warning'`), of a JPEG that it does not take like that at its most
 * lenient: what libjpeg warns of may be bytes that the pixels do not need. What it takes, the function may refuse, but if
 * it answers, then with the same picture: the same size, the same transparency, and every shade equal, or within the
 * tolerance of the other tests where the format is lossy. Where decoders differ for good reason, less is compared:
 *
 * - around values that damage has driven out of the range of a JPEG or WebP (there is no standard for what an IDCT
 *   makes of them, so the seed pictures have none): that neighbourhood is left out; of a WebP also its last blocks where
 *   they are not whole, because such values may be in what is not seen of them, and blocks are predicted from others;
 * - EXIF data may be damaged too, and one believes what the other does not: the picture may then lie in any of the
 *   eight ways that it knows;
 * - CMYK without Adobe's segment: libvips takes its values for ink, browsers and the function for light: the size alone;
 * - GIF with a graphic control extension that is not the 4 bytes it must be: the size alone;
 * - a WebP animation whose frame does not cover its canvas: what is behind is the viewer's choice (RFC 9649, 2.7.1.1):
 *   transparency is not compared.
 *
 * @throws AssertionError when they differ, or when sharp cannot read the answer
 */
export async function compareWithSharp(input: Buffer, answer: Buffer): Promise<Comparison> {
  // A GIF with frames outside of it is as large to sharp as they reach.
  const { depth } = await sharp(answer, { limitInputPixels: false }).metadata();
  const deep = depth === 'ushort';
  const upright = await sourceOf(input, deep).catch(() => undefined);
  if (upright === undefined) return 'alone';
  const { pixels: grey } = await read(answer, deep);
  try {
    return compare(grey, upright);
  } catch (difference) {
    if (!upright.hasExif) throw difference;
    for (const way of WAYS_TO_LIE) {
      const lying = await read(input, deep, way);
      if (isSame(grey, lying)) return 'same';
    }
    throw difference;
  }
}

function isSame(grey: Pixels, source: Source): boolean {
  try {
    compare(grey, source);
    return true;
  } catch (error) {
    if (error instanceof assert.AssertionError) return false;
    throw error;
  }
}

function compare(grey: Pixels, { pixels, format, pages, isLossy, isAmbiguous }: Source): Comparison {
  assert.deepEqual([grey.width, grey.height], [pixels.width, pixels.height], 'size');
  if (isAmbiguous) return 'size';
  const isExtreme = isLossy ? neighbourhoodOfExtremes(pixels) : () => false;
  const isLast = isLossy && format === 'webp' ? lastBlocks(pixels) : () => false;
  const isLeftOut = (pixel: number) => isExtreme(pixel) || isLast(pixel);
  const compared = compareShades(grey, pixels, isLossy ? LOSSY : EXACT, isLeftOut);
  if (format !== 'webp' || pages === 1) compareAlpha(grey, pixels);
  return compared >= LEAST_COMPARED * pixels.width * pixels.height ? 'same' : 'size';
}

/** What is compared of a picture. */
interface Source {
  readonly pixels: Pixels;
  readonly format: string;
  readonly pages: number;
  readonly hasExif: boolean;
  readonly isLossy: boolean;
  /** Whether decoders have reason to differ on its colours. */
  readonly isAmbiguous: boolean;
}

/** sharp reads no bitmaps; plain ones are simple enough. */
async function sourceOf(image: Buffer, deep: boolean): Promise<Source> {
  if (image.toString('latin1', 0, 2) !== 'BM') return read(image, deep);
  const plain = pixelsOf(image);
  assert.ok(plain !== undefined && plain.width * plain.height <= MAX_PIXELS);
  const pixels = { ...plain, channels: 3 };
  return { pixels, format: 'bmp', pages: 1, hasExif: false, isLossy: false, isAmbiguous: false };
}

/** What libjpeg warns of in a JPEG may be bytes that its pixels do not need. */
async function read(image: Buffer, deep: boolean, lie?: (picture: Sharp) => Sharp): Promise<Source> {
  const isJpeg = image.readUInt16BE(0) === 0xffd8;
  return readAt('warning', image, deep, lie).catch((error: unknown) => {
    if (isJpeg) return readAt('none', image, deep, lie);
    throw error;
  });
}

async function readAt(
  failOn: 'warning' | 'none',
  image: Buffer,
  deep: boolean,
  lie?: (picture: Sharp) => Sharp,
): Promise<Source> {
  const options = { failOn, ignoreIcc: true, limitInputPixels: MAX_PIXELS };
  const metadata = await sharp(image, options).metadata();
  const { format, space, channels, pages = 1 } = metadata;
  const picture = format === 'gif' ? sharp(image, { ...options, pages: -1 }) : sharp(image, options);
  const turned = lie === undefined ? picture.autoOrient() : lie(picture);
  const pixels = space === 'cmyk' ? await lightBehindInks(turned) : await samplesOf(turned, channels, deep);
  const text = image.toString('latin1');
  return {
    pixels,
    format,
    pages,
    hasExif: /Exif|EXIF|eXIf/.test(text),
    isLossy: format === 'jpeg' || (format === 'webp' && text.includes('VP8 ')),
    isAmbiguous:
      (space === 'cmyk' && !hasAdobeSegment(image)) || (format === 'gif' && hasOddGraphicControl(image)),
  };
}

async function samplesOf(picture: Sharp, channels: number, deep: boolean): Promise<Pixels> {
  const samples = deep
    ? picture.toColourspace(channels < 3 ? 'grey16' : 'rgb16').raw({ depth: 'ushort' })
    : picture.raw();
  const { data, info } = await samples.toBuffer({ resolveWithObject: true });
  const values = deep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
  return { data: values, channels: info.channels, width: info.width, height: info.height };
}

/** It is `FF EE`, a length of 14 at the least, `Adobe` and seven bytes: https://www.itu.int/rec/T-REC-T.872, 6.5.3 */
function hasAdobeSegment(jpeg: Buffer): boolean {
  const at = jpeg.indexOf('Adobe');
  return at > 4 && jpeg.readUInt16BE(at - 4) === 0xffee && jpeg.readUInt16BE(at - 2) >= 14;
}

/** It is `21 F9 04`, 4 bytes, `00` (GIF89a specification, 23). */
function hasOddGraphicControl(gif: Buffer): boolean {
  const label = Buffer.from('21f9', 'hex');
  for (let at = gif.indexOf(label); at >= 0; at = gif.indexOf(label, at + 1))
    if (gif[at + 2] !== 4 || gif[at + 7] !== 0) return true;
  return false;
}

/** Compares all pixels but some; how many those are. */
function compareShades(
  grey: Pixels,
  source: Pixels,
  tolerance: { readonly most: number; readonly mean: number },
  isLeftOut: (pixel: number) => boolean,
): number {
  let [most, sum, compared] = [0, 0, 0];
  for (let i = 0; i < source.width * source.height; i += 1) {
    if (isLeftOut(i)) continue;
    const difference = Math.abs(shadeAt(grey, i) - shadeAt(source, i));
    most = Math.max(most, difference);
    sum += difference;
    compared += 1;
  }
  const mean = sum / Math.max(compared, 1);
  assert.ok(most <= tolerance.most, `shades differ by up to ${most}, ${mean} in the mean`);
  assert.ok(mean <= tolerance.mean, `shades differ by ${mean} in the mean`);
  return compared;
}

function compareAlpha(grey: Pixels, source: Pixels): void {
  for (let i = 0; i < source.width * source.height; i += 1)
    if (alphaAt(grey, i) !== alphaAt(source, i))
      assert.fail(`opacity differs at pixel ${i}: ${alphaAt(grey, i)}, sharp has ${alphaAt(source, i)}`);
}

/** The shade by the formula of `grey.ts`, of one pixel. */
function shadeAt({ data, channels }: Pixels, pixel: number): number {
  const [first = Number.NaN, green = 0, blue = 0] = data.subarray(pixel * channels, (pixel + 1) * channels);
  return channels < 3 ? first : Math.floor((2126 * first + 7152 * green + 722 * blue) / 10_000);
}

function alphaAt({ data, channels }: Pixels, pixel: number): number {
  const opaque = data instanceof Uint16Array ? 0xffff : 0xff;
  return channels % 2 === 0 ? (data[(pixel + 1) * channels - 1] ?? Number.NaN) : opaque;
}

/** Tells whether a pixel is in a block of which not all is in the picture, or in the cell before that. */
function lastBlocks({ width, height }: Pixels): (pixel: number) => boolean {
  const edgeOf = (side: number) => (side % BLOCK === 0 ? side : side - (side % BLOCK) - CELL);
  const [right, bottom] = [edgeOf(width), edgeOf(height)];
  return (pixel) => pixel % width >= right || Math.floor(pixel / width) >= bottom;
}

/** Tells whether a pixel has one near it, by cells, with a colour at the end of its range. */
function neighbourhoodOfExtremes({ data, channels, width, height }: Pixels): (pixel: number) => boolean {
  const colours = channels < 3 ? 1 : 3;
  const [columns, rows] = [Math.ceil(width / CELL), Math.ceil(height / CELL)];
  const near = new Uint8Array(columns * rows);
  const cellOf = (pixel: number) =>
    [Math.floor((pixel % width) / CELL), Math.floor(pixel / width / CELL)] as const;
  for (let at = 0; at < data.length; at += 1) {
    if (at % channels >= colours || (data[at] !== 0 && data[at] !== 255)) continue;
    const [column, row] = cellOf(Math.floor(at / channels));
    for (let y = Math.max(row - REACH, 0); y <= Math.min(row + REACH, rows - 1); y += 1)
      near.fill(
        1,
        y * columns + Math.max(column - REACH, 0),
        y * columns + Math.min(column + REACH + 1, columns),
      );
  }
  return (pixel) => {
    const [column, row] = cellOf(pixel);
    return near[row * columns + column] === 1;
  };
}
