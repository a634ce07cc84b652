import sharp from 'sharp';

/** Samples of a picture, row by row. */
export interface Samples {
  readonly data: Uint8Array | Uint16Array;
  readonly channels: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Decodes a picture with sharp to 8 bits a channel, of an animation all frames below one another. Values are as
 * the file has them: no colour profile is applied.
 */
export async function decoded(image: Buffer): Promise<Samples> {
  const { data, info } = await sharp(image, { pages: -1, ignoreIcc: true })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, channels: info.channels, width: info.width, height: info.height };
}

/** Decodes a picture with sharp to 16 bits a channel. */
export async function decoded16(image: Buffer): Promise<Samples> {
  const colours = (await sharp(image).metadata()).channels < 3 ? 'grey16' : 'rgb16';
  const { data, info } = await sharp(image)
    .toColourspace(colours)
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const samples = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  return { data: samples, channels: info.channels, width: info.width, height: info.height };
}

/**
 * Shades of the pixels by the formula that the crate `image` documents for its conversion to luma,
 * (2126 R + 7152 G + 722 B) / 10000 rounded down: https://docs.rs/image/0.25/image/struct.Luma.html
 */
export function shadesOf({ data, channels }: Samples): number[] {
  if (channels < 3) return everyNth(data, channels, 0);
  const [red, green, blue] = [0, 1, 2].map((channel) => everyNth(data, channels, channel));
  return (red ?? []).map((value, i) =>
    Math.floor((2126 * value + 7152 * (green?.[i] ?? 0) + 722 * (blue?.[i] ?? 0)) / 10_000),
  );
}

/** The opacity of each pixel. */
export function alphaOf({ data, channels }: Samples): number[] {
  return everyNth(data, channels, channels - 1);
}

function everyNth(data: Samples['data'], step: number, first: number): number[] {
  return Array.from({ length: data.length / step }, (_, i) => data[i * step + first] ?? Number.NaN);
}
