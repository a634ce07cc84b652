import { bitmaps, incompleteBitmaps } from './bitmaps.js';
import { gifs, incompleteGifs } from './gifs.js';
import { incompleteJpegs, jpegs } from './jpegs.js';
import { incompletePngs, pngs } from './pngs.js';

/** A file with something wrong that its pixels do not need, and the same file without that. */
export interface Blemish {
  readonly bytes: Buffer;
  readonly whole: Buffer;
}

/** Files that good decoders show whole, by what is wrong with them. */
export const blemishes: Readonly<Record<string, Blemish>> = { ...jpegs, ...pngs, ...gifs, ...bitmaps };

/** Files with such a blemish that lack pixels as well. */
export const incomplete: Readonly<Record<string, Buffer>> = {
  ...incompleteJpegs,
  ...incompletePngs,
  ...incompleteGifs,
  ...incompleteBitmaps,
};
