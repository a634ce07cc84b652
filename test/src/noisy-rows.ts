import { randomBytes } from 'node:crypto';
import sharp from 'sharp';

/** Bytes; no multiple of a row's, so that no row is like the one above it, and near enough for deflate to find it again. */
const PERIOD = 20_011;

/** A PNG of noise that repeats itself: small, and large when it is grey, as the function's encoder looks for no repetition. */
export async function noisyRows(width: number, height: number): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3, randomBytes(PERIOD));
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 9, adaptiveFiltering: false })
    .toBuffer();
}
