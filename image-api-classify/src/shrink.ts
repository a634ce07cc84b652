import { Problem } from '@dapr-wasmedge/service-kit';
import sharp from 'sharp';

/** A size in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Shrinks a picture to the model's input while it is decoded: first frame, upright by its EXIF orientation,
 * transparency on white, `fill`ed to `[height, width, 3]` uint8 RGB behind the header of a PPM file.
 *
 * @throws Problem 422 when the picture cannot be decoded, within `timeoutMs`
 */
export async function shrink(
  image: Buffer,
  { width, height }: Size,
  { maxPixels, timeoutMs = 60_000 }: { maxPixels: number; timeoutMs?: number },
): Promise<Buffer> {
  const header = Buffer.from(`P6\n${width} ${height}\n255\n`, 'latin1');
  try {
    const pixels = await sharp(image, { limitInputPixels: maxPixels, failOn: 'truncated' })
      .timeout({ seconds: Math.ceil(timeoutMs / 1000) })
      .autoOrient()
      .flatten({ background: 'white' })
      .resize(width, height, { fit: 'fill' })
      .toColourspace('srgb')
      .raw()
      .toBuffer();
    return Buffer.concat([header, pixels]);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new Problem(
      422,
      'ERR_IMAGE',
      `The picture is damaged and cannot be decoded (${reason}). Send another one.`,
      { cause: error },
    );
  }
}
