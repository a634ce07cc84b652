const WIDTH = 48;
const HEIGHT = 32;
const HEADER_BYTES = 54;

/**
 * A small picture with all kinds of colours, to try a model with: a BMP of 24 bits a pixel
 * (https://learn.microsoft.com/windows/win32/gdi/bitmap-storage).
 */
export function samplePicture(): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + WIDTH * HEIGHT * 3);
  bytes.write('BM', 'latin1');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(HEADER_BYTES, 10);
  bytes.writeUInt32LE(HEADER_BYTES - 14, 14);
  bytes.writeInt32LE(WIDTH, 18);
  bytes.writeInt32LE(HEIGHT, 22);
  bytes.writeUInt16LE(1, 26); // planes
  bytes.writeUInt16LE(24, 28); // bits a pixel
  for (let y = 0; y < HEIGHT; y += 1)
    for (let x = 0; x < WIDTH; x += 1)
      bytes.set([x * 5, y * 7, ((x + y) * 13) % 256], HEADER_BYTES + (y * WIDTH + x) * 3);
  return bytes;
}
