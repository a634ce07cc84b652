import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root, runtimeFolder } from '@app/scripts/paths';
import sharp from 'sharp';

/** A photo to measure with. */
export interface Photo {
  /** As in `480x360`. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly jpeg: Buffer;
  /** Where `jpeg` is on disk. */
  readonly file: string;
}

const SOURCE = 'test/fixtures/coffee.png';
const SIZES = [
  { width: 480, height: 360 },
  { width: 1920, height: 1080 },
  { width: 4000, height: 3000 },
] as const;
const QUALITY = 90;
/** Standard deviation of the grain, in 256ths of full brightness: that of a camera in daylight. */
const GRAIN = 4;

/** What the photos are made of. */
export const photoDescription = `${SOURCE} enlarged, with grain as a camera's sensor gives it (standard deviation ${GRAIN} of 256), JPEG quality ${QUALITY}`;

/**
 * Makes the photos of all sizes. The grain is there because an enlarged photo without it is smoother than any that a
 * camera takes, and so cheaper to decode and to compress.
 */
export async function makePhotos(): Promise<Photo[]> {
  const folder = path.join(runtimeFolder, 'bench');
  await mkdir(folder, { recursive: true });
  return Promise.all(
    SIZES.map(async ({ width, height }) => {
      const name = `${width}x${height}`;
      const input = grain(width, height);
      const jpeg = await sharp(path.join(root, SOURCE))
        .resize(width, height, { fit: 'cover' })
        .composite([{ input, raw: { width, height, channels: 1 }, blend: 'hard-light' }])
        .removeAlpha()
        .jpeg({ quality: QUALITY })
        .toBuffer();
      const file = path.join(folder, `${name}.jpg`);
      await writeFile(file, jpeg);
      return { name, width, height, jpeg, file };
    }),
  );
}

/** Grey noise around 128, `[height, width, 1]` uint8, the same in each run. */
function grain(width: number, height: number): Buffer {
  // The sum of the four bytes of a random number is nearly normal: mean 510, standard deviation 148.
  const scale = GRAIN / 148;
  const noise = Buffer.allocUnsafe(width * height);
  let random = 1;
  for (let at = 0; at < noise.length; at += 1) {
    random ^= random << 13; // Marsaglia's xorshift32
    random ^= random >>> 17;
    random ^= random << 5;
    const sum = (random & 255) + ((random >>> 8) & 255) + ((random >>> 16) & 255) + (random >>> 24);
    noise[at] = Math.round(128 + (sum - 510) * scale);
  }
  return noise;
}
