/** The size of one frame, in pixels. */
interface Size {
  readonly width: number;
  readonly height: number;
}

const GIF_TABLE_FLAG = 0x80;
const ANMF = Buffer.from('ANMF').readUInt32LE();

/**
 * The sizes that the frames of an animation claim, in order, read from the headers between them; nothing is decoded. None
 * for formats without animation. It ends where the file is damaged: what is wrong there, the decoder says.
 */
export function frameSizes(image: Buffer, format: string): Iterable<Size> {
  if (format === 'gif') return gifFrames(image);
  return format === 'webp' ? webpFrames(image) : [];
}

/** https://www.w3.org/Graphics/GIF/spec-gif89a.txt, 17 to 27 */
function* gifFrames(image: Buffer): Generator<Size> {
  let at = 13 + gifTableBytes(image[10] ?? 0);
  for (;;) {
    const block = image[at];
    if (block === 0x2c && at + 10 < image.length) {
      yield { width: image.readUInt16LE(at + 5), height: image.readUInt16LE(at + 7) };
      at = behindSubBlocks(image, at + 11 + gifTableBytes(image[at + 9] ?? 0));
    } else if (block === 0x21) at = behindSubBlocks(image, at + 2);
    else return;
  }
}

function gifTableBytes(flags: number): number {
  return flags & GIF_TABLE_FLAG ? 3 << ((flags & 7) + 1) : 0;
}

function behindSubBlocks(image: Buffer, start: number): number {
  let at = start;
  for (;;) {
    const length = image[at] ?? 0;
    at += 1 + length;
    if (length === 0) return at;
  }
}

/** https://developers.google.com/speed/webp/docs/riff_container#animation */
function* webpFrames(image: Buffer): Generator<Size> {
  let at = 12;
  while (at + 24 <= image.length) {
    if (image.readUInt32LE(at) === ANMF)
      yield { width: 1 + image.readUIntLE(at + 14, 3), height: 1 + image.readUIntLE(at + 17, 3) };
    const length = image.readUInt32LE(at + 4);
    at += 8 + length + (length % 2);
  }
}
