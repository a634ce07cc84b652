import { randomBytes } from 'node:crypto';
import sharp from 'sharp';

/**
 * A PNG of two rows of noise that take turns: small, as deflate finds the row before the last again, and large when it is
 * grey, as the function's encoder looks no further back than the row before.
 */
export async function noisyRows(width: number, height: number): Promise<Buffer> {
  const rows = randomBytes(2 * width * 3);
  const pixels = Buffer.alloc(width * height * 3, rows);
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 9, adaptiveFiltering: false })
    .toBuffer();
}
