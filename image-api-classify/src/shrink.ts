import sharp, { type Sharp } from 'sharp';

/** A size in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * The largest picture, in pixels, that libvips may hold whole, at up to 8 bytes each. A larger one is shrunk only where it
 * is decoded row by row.
 */
const MAX_HELD_PIXELS = 8_000_000;

/** The longest row, in pixels, that libvips is given: it keeps some of each size on its way, many for very wide pictures. */
const MAX_ROW = 10_000;

/**
 * Shrinks a picture to the model's input while it is decoded: first frame, upright by its EXIF orientation,
 * transparency on white, `fill`ed to `[height, width, 3]` uint8 RGB behind the header of a PPM file.
 *
 * @param source size of the picture itself
 * @returns nothing where libvips finds anything wrong with the picture, takes more than `timeoutMs`, or would hold too much of
 *   it: the function, which reads the picture itself, is then the one to say what it is
 */
export async function shrink(
  image: Buffer,
  source: Size,
  { width, height }: Size,
  { timeoutMs }: { timeoutMs: number },
): Promise<Buffer | undefined> {
  if (source.width > MAX_ROW) return undefined;
  const pixels = source.width * source.height;
  try {
    const picture = sharp(image, { limitInputPixels: pixels, failOn: 'warning' });
    if (pixels > MAX_HELD_PIXELS && !(await isDecodedByRows(picture))) return undefined;
    const shrunk = await picture
      .timeout({ seconds: Math.ceil(timeoutMs / 1000) })
      .autoOrient()
      .flatten({ background: 'white' })
      .resize(width, height, { fit: 'fill' })
      .toColourspace('srgb')
      .raw()
      .toBuffer();
    return Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`, 'latin1'), shrunk]);
  } catch {
    return undefined;
  }
}

/** libvips keeps a whole GIF or WebP, and what comes in several passes. */
async function isDecodedByRows(picture: Sharp): Promise<boolean> {
  const { format, isProgressive } = await picture.metadata();
  return (format === 'jpeg' || format === 'png') && !isProgressive;
}
