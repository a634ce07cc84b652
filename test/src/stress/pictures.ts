import { readFile } from 'node:fs/promises';
import sharp, { type Sharp } from 'sharp';
import { bitmapOf } from '../bitmap.js';
import { parts } from '../built-parts.js';
import type { Format } from './pieces.js';

/** A valid picture to make bad ones from. */
export interface SeedPicture {
  readonly format: Format;
  readonly bytes: Buffer;
}

/** Without the ends of the range: where those are, it is damage that brought them about (see grey-reference.ts). */
const fixture = async (name: string) => sharp(await readFile(parts.picture(name))).linear(0.6, 50);

/**
 * Small pictures in every format that is read and in the main ways in which each is written, by name. Small, because
 * damage then hits what matters, and odd in size, because rows and blocks then do not fit.
 */
export async function seedPictures(): Promise<ReadonlyMap<string, SeedPicture>> {
  const coffee = (await fixture('coffee.png')).resize(61, 43).removeAlpha();
  const chelsea = (await fixture('chelsea.png')).resize(45, 33);
  const rocket = (await fixture('rocket.jpg')).resize(37, 53);
  const hole = await withHole(chelsea);
  const film = await Promise.all(
    [coffee, coffee.clone().negate(), coffee.clone().flip()].map((frame) => frame.clone().png().toBuffer()),
  );
  const animation = () => sharp(film, { join: { animated: true } });
  const written: readonly (readonly [string, Format, Promise<Buffer>])[] = [
    ['PNG', 'png', coffee.clone().png().toBuffer()],
    ['PNG with a palette', 'png', coffee.clone().png({ palette: true, colours: 16 }).toBuffer()],
    ['PNG, interlaced', 'png', chelsea.clone().png({ progressive: true }).toBuffer()],
    ['PNG, not compressed', 'png', rocket.clone().png({ compressionLevel: 0 }).toBuffer()],
    ['PNG, transparent', 'png', hole.clone().png().toBuffer()],
    ['PNG, 16 bits', 'png', hole.clone().toColourspace('rgb16').png().toBuffer()],
    ['PNG, grey', 'png', coffee.clone().grayscale().toColourspace('b-w').png().toBuffer()],
    ['PNG on its side', 'png', rocket.clone().withMetadata({ orientation: 6 }).png().toBuffer()],
    ['JPEG', 'jpeg', coffee.clone().jpeg().toBuffer()],
    ['JPEG, progressive', 'jpeg', chelsea.clone().jpeg({ progressive: true }).toBuffer()],
    ['JPEG, 4:4:4', 'jpeg', rocket.clone().jpeg({ chromaSubsampling: '4:4:4', quality: 95 }).toBuffer()],
    ['JPEG, grey', 'jpeg', coffee.clone().grayscale().jpeg().toBuffer()],
    ['JPEG, CMYK', 'jpeg', coffee.clone().toColourspace('cmyk').jpeg().toBuffer()],
    ['JPEG on its side', 'jpeg', rocket.clone().withMetadata({ orientation: 8 }).jpeg().toBuffer()],
    ['JPEG with restarts', 'jpeg', readFile(parts.picture('coffee-restarts.jpg'))],
    ['JPEG, progressive with restarts', 'jpeg', readFile(parts.picture('coffee-progressive-restarts.jpg'))],
    ['JPEG by components', 'jpeg', readFile(parts.picture('coffee-scans.jpg'))],
    ['GIF', 'gif', coffee.clone().gif({ colours: 32 }).toBuffer()],
    ['GIF, interlaced', 'gif', chelsea.clone().gif({ progressive: true }).toBuffer()],
    ['GIF, transparent', 'gif', hole.clone().gif().toBuffer()],
    ['GIF, animated', 'gif', animation().gif({ loop: 2, reuse: false, colours: 16 }).toBuffer()],
    ['WebP', 'webp', coffee.clone().webp().toBuffer()],
    ['WebP, lossless', 'webp', chelsea.clone().webp({ lossless: true }).toBuffer()],
    ['WebP, transparent', 'webp', hole.clone().webp().toBuffer()],
    ['WebP, animated', 'webp', animation().webp().toBuffer()],
    ['PPM', 'ppm', coffee.clone().raw().toBuffer().then(withPpmHeader)],
    ['BMP', 'bmp', bitmapOf(await coffee.clone().png().toBuffer())],
  ];
  return new Map(
    await Promise.all(
      written.map(async ([name, format, bytes]) => [name, { format, bytes: await bytes }] as const),
    ),
  );
}

async function withHole(picture: Sharp): Promise<Sharp> {
  const cut = { create: { width: 13, height: 11, channels: 4, background: '#000a' } } as const;
  const holed = await picture
    .clone()
    .ensureAlpha()
    .composite([{ input: cut, left: 9, top: 7, blend: 'dest-out' }])
    .png()
    .toBuffer();
  return sharp(holed);
}

function withPpmHeader(pixels: Buffer): Buffer {
  return Buffer.concat([Buffer.from('P6\n61 43\n255\n'), pixels]);
}
