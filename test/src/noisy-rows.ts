import { randomBytes } from 'node:crypto';
import sharp, { type CreateRaw } from 'sharp';

/** Bytes, of whole 16-bit samples; no multiple of a row's, so that no row is like the one above it, and near enough for deflate to find it again. */
const PERIOD = 20_012;

/** A PNG of noise that repeats itself: small, and large when it is grey, as the function's encoder looks for no repetition. */
export function noisyRows(width: number, height: number): Promise<Buffer> {
  return packed(Buffer.alloc(width * height * 3, randomBytes(PERIOD)), { width, height, channels: 3 });
}

/** Such noise with 16 bits a channel, and transparency. */
export function noisyRowsOf16Bits(width: number, height: number): Promise<Buffer> {
  const bytes = Buffer.alloc(width * height * 8, randomBytes(PERIOD));
  const samples = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  return packed(samples, { width, height, channels: 4 });
}

function packed(pixels: Buffer | Uint16Array, raw: CreateRaw): Promise<Buffer> {
  const image = sharp(pixels, { raw, limitInputPixels: false });
  const deep = pixels instanceof Uint16Array ? image.toColourspace('rgb16') : image;
  return deep.png({ compressionLevel: 9, adaptiveFiltering: false }).toBuffer();
}
