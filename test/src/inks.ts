import type { Sharp } from 'sharp';
import type { Samples } from './grey.js';

/**
 * The colours of a CMYK or YCCK JPEG, decoded by libjpeg to its four inks: ink takes away light, by its share. Adobe stores
 * what an ink leaves, which libvips turns round. No colour profile is applied.
 */
export async function lightBehindInks(picture: Sharp): Promise<Samples> {
  const { data: inks, info } = await picture
    .pipelineColourspace('cmyk')
    .toColourspace('cmyk')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const data = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const black = inks[pixel * 4 + 3] ?? Number.NaN;
    for (let channel = 0; channel < 3; channel += 1) {
      const ink = inks[pixel * 4 + channel] ?? Number.NaN;
      data[pixel * 3 + channel] = Math.round(((255 - ink) * (255 - black)) / 255);
    }
  }
  return { data, channels: 3, width, height };
}
