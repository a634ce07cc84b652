import sharp from 'sharp';

const HEADER_BYTES = 54;

/**
 * A picture as a bitmap of 24 bits a pixel, rows from the bottom, which sharp does not write:
 * https://learn.microsoft.com/windows/win32/gdi/bitmap-storage
 */
export async function bitmapOf(image: Buffer): Promise<Buffer> {
  const { data, info } = await sharp(image)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const rowBytes = Math.ceil((width * 3) / 4) * 4;
  const bitmap = Buffer.alloc(HEADER_BYTES + rowBytes * height);
  bitmap.write('BM', 'latin1');
  bitmap.writeUInt32LE(bitmap.length, 2);
  bitmap.writeUInt32LE(HEADER_BYTES, 10);
  bitmap.writeUInt32LE(40, 14);
  bitmap.writeInt32LE(width, 18);
  bitmap.writeInt32LE(height, 22);
  bitmap.writeUInt16LE(1, 26);
  bitmap.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = (y * width + x) * 3;
      const to = HEADER_BYTES + (height - 1 - y) * rowBytes + x * 3;
      for (const channel of [0, 1, 2]) bitmap[to + channel] = data[from + 2 - channel] ?? 0;
    }
  }
  return bitmap;
}
