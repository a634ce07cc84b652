const [MARKER, STUFFED] = [0xff, 0x00];
const [TEMPORARY, FIRST_RESTART, START_OF_IMAGE, END_OF_IMAGE, START_OF_SCAN] = [
  0x01, 0xd0, 0xd8, 0xd9, 0xda,
];
/** Between the headers of frames: of tables, and two that mean nothing yet. */
const NO_FRAMES = [0xc4, 0xc8, 0xcc];

/**
 * The size that a JPEG's frame header claims, in pixels; `undefined` where none is before the first scan.
 *
 * What stands between segments is passed over, and what is a marker is one, as in libjpeg (jdmarker.c) and in the
 * functions; probe-image-size gives up at some of that. ITU T.81, annex B: https://www.w3.org/Graphics/JPEG/itu-t81.pdf
 */
export function jpegSize(image: Buffer): { width: number; height: number } | undefined {
  let at = 2;
  while (at < image.length) {
    at = image.indexOf(MARKER, at);
    if (at < 0) return undefined;
    while (image[at] === MARKER) at += 1;
    const marker = image[at] ?? END_OF_IMAGE;
    at += 1;
    if (marker === END_OF_IMAGE || marker === START_OF_SCAN) return undefined;
    if (marker === STUFFED || marker === TEMPORARY || isBetween(marker, FIRST_RESTART, START_OF_IMAGE))
      continue;
    if (at + 7 > image.length) return undefined;
    if (isBetween(marker, 0xc0, 0xcf) && !NO_FRAMES.includes(marker))
      return { width: image.readUInt16BE(at + 5), height: image.readUInt16BE(at + 3) };
    at += Math.max(2, image.readUInt16BE(at));
  }
  return undefined;
}

function isBetween(marker: number, first: number, last: number): boolean {
  return marker >= first && marker <= last;
}
