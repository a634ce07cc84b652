import sharp from 'sharp';
import { parts } from '../built-parts.js';
import type { Blemish } from './index.js';

const photo = sharp(parts.picture('coffee.png')).resize(150, 100);
const gif = await photo.clone().gif().toBuffer();
const frames = [photo.clone(), photo.clone().negate()].map((frame) => frame.png().toBuffer());
const film = await sharp(await Promise.all(frames), { join: { animated: true } })
  .gif()
  .toBuffer();

/** GIFs that good decoders show whole. */
export const gifs: Readonly<Record<string, Blemish>> = {
  'a GIF without its trailer': { whole: gif, bytes: gif.subarray(0, -1) },
  'an animated GIF without its trailer': { whole: film, bytes: film.subarray(0, -1) },
};

/** The second frame's graphic control extension, of eight bytes. */
const secondControl = film.lastIndexOf(Buffer.from('21f904', 'hex'));

/** GIFs with such a blemish that lack pixels as well. */
export const incompleteGifs: Readonly<Record<string, Buffer>> = {
  'a GIF that ends inside its pixels': gif.subarray(0, -300),
};

/** Ends where a frame should be: only grayscale reads more than the first. */
export const cutFilm = film.subarray(0, secondControl + 8);
