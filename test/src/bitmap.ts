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

/**
 * The RGB pixels, row by row, of a bitmap as `bitmapOf` writes them, also with rows from the top; nothing for any
 * other, and for one whose rows are not all there.
 */
export function pixelsOf(bitmap: Buffer): { data: Buffer; width: number; height: number } | undefined {
  if (bitmap.length < HEADER_BYTES || bitmap.readUInt32LE(14) !== 40) return undefined;
  if (bitmap.readUInt16LE(28) !== 24 || bitmap.readUInt32LE(30) !== 0) return undefined;
  const [start, width, rows] = [bitmap.readUInt32LE(10), bitmap.readInt32LE(18), bitmap.readInt32LE(22)];
  const height = Math.abs(rows);
  const rowBytes = Math.ceil((width * 3) / 4) * 4;
  if (width < 1 || height < 1 || start + rowBytes * height > bitmap.length) return undefined;
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    const row = start + (rows < 0 ? y : height - 1 - y) * rowBytes;
    for (let x = 0; x < width * 3; x += 1)
      data[y * width * 3 + x] = bitmap[row + x - (x % 3) + 2 - (x % 3)] ?? 0;
  }
  return { data, width, height };
}
