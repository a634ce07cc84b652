import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { parts } from '../built-parts.js';
import { containers } from '../stress/pieces.js';
import type { Blemish } from './index.js';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

const photo = sharp(parts.picture('coffee.png')).resize(150, 100);
const jpeg = await photo
  .clone()
  .keepMetadata()
  .withExif({ IFD0: { Make: 'a camera' } })
  .jpeg()
  .toBuffer();
const upsideDown = await photo.clone().withMetadata({ orientation: 3 }).jpeg().toBuffer();
const progressive = await photo.clone().jpeg({ progressive: true }).toBuffer();
const byComponents = await readFile(parts.picture('coffee-scans.jpg'));
const withRestarts = await readFile(parts.picture('coffee-restarts.jpg'));
const cmyk = await photo.clone().toColourspace('cmyk').jpeg().toBuffer();

const isCodedData = (piece: Buffer) => piece[0] !== 0xff || piece[1] === 0;

/** The JPEG with these bytes behind each of its segments but that of a scan. */
function strewn(image: Buffer, stray: Buffer): Buffer {
  const pieces = containers.jpeg.split(image);
  return containers.jpeg.join(
    pieces.flatMap((piece) =>
      isCodedData(piece) || [0xd8, 0xd9, 0xda].includes(piece[1] ?? 0) ? [piece] : [piece, stray],
    ),
  );
}

/** The JPEG with a segment right behind its start. Its length is that of its content, or another one. */
function withSegment(image: Buffer, marker: number, content: string, length = content.length + 2): Buffer {
  const head = Buffer.from([0xff, 0xd8, 0xff, marker, length >> 8, length & 255]);
  return Buffer.concat([head, latin1(content), image.subarray(2)]);
}

/** The JPEG whose Adobe segment says this of its colours. */
function withTransform(image: Buffer, transform: number): Buffer {
  const copy = Buffer.from(image);
  copy[copy.indexOf('Adobe') + 11] = transform;
  return copy;
}

const cutTables = Buffer.from('ffdb0043', 'hex');

const strays: Record<string, Buffer> = {
  'a zero': Buffer.alloc(1),
  '18 zeros': Buffer.alloc(18),
  'other bytes': latin1('\x12\x34 camera \x9a\xbc'),
  'a stuffed FF': Buffer.from('a1ff00d9b2', 'hex'),
  'fill bytes': Buffer.alloc(9, 0xff),
  'markers that stand alone': Buffer.from('ff01ffd0ffd7', 'hex'),
};

/** JPEGs that good decoders show whole. */
export const jpegs: Readonly<Record<string, Blemish>> = {
  ...Object.fromEntries(
    Object.entries(strays).map(([what, stray]) => [
      `a JPEG with ${what} between its segments`,
      { whole: jpeg, bytes: strewn(jpeg, stray) },
    ]),
  ),
  'a JPEG with bytes right behind its start': {
    whole: jpeg,
    bytes: Buffer.concat([jpeg.subarray(0, 2), Buffer.alloc(18), jpeg.subarray(2)]),
  },
  'a progressive JPEG with bytes between its segments, also those of its scans': {
    whole: progressive,
    bytes: strewn(progressive, Buffer.alloc(18)),
  },
  'a JPEG of a scan for each component with bytes between its segments': {
    whole: byComponents,
    bytes: strewn(byComponents, Buffer.alloc(18)),
  },
  'a JPEG with restarts and bytes between its segments': {
    whole: withRestarts,
    bytes: strewn(withRestarts, Buffer.alloc(18)),
  },
  'a JPEG upside down with bytes between its segments': {
    whole: upsideDown,
    bytes: strewn(upsideDown, Buffer.alloc(18)),
  },
  'a CMYK JPEG with bytes between its segments': { whole: cmyk, bytes: strewn(cmyk, Buffer.alloc(18)) },
  'a JPEG whose colour profile is part 9 of 1': {
    whole: jpeg,
    bytes: withSegment(jpeg, 0xe2, 'ICC_PROFILE\0\x09\x01profile'),
  },
  'a JPEG whose colour profile has no parts': {
    whole: jpeg,
    bytes: withSegment(jpeg, 0xe2, 'ICC_PROFILE\0\0\0profile'),
  },
  'a JPEG whose EXIF is cut short': { whole: jpeg, bytes: withSegment(jpeg, 0xe1, 'Exif\0\0II*') },
  'a JPEG whose EXIF is noise': { whole: jpeg, bytes: withSegment(jpeg, 0xe1, 'Exif\0\0!?#') },
  'a JPEG whose EXIF is longer than its segment': {
    whole: jpeg,
    bytes: withSegment(jpeg, 0xe1, 'Exif\0\0II*\0 and what else a camera writes', 12),
  },
  'a JPEG whose XMP is cut short': {
    whole: jpeg,
    bytes: withSegment(jpeg, 0xe1, 'http://ns.adobe.com/xmp/extension/\0short'),
  },
  'a JPEG whose Adobe segment is cut short': { whole: jpeg, bytes: withSegment(jpeg, 0xee, 'Adobe\0d\0') },
  'a JPEG whose Adobe segment has another name': {
    whole: jpeg,
    bytes: withSegment(jpeg, 0xee, 'Adobf\0d\0\0\0\0\0'),
  },
  'a JPEG whose Adobe segment names a transform that there is not': {
    whole: jpeg,
    bytes: withSegment(jpeg, 0xee, 'Adobe\0d\0\0\0\0\x07'),
  },
  'a JPEG whose Adobe segment names the transform of four components': {
    whole: jpeg,
    bytes: withSegment(jpeg, 0xee, 'Adobe\0d\0\0\0\0\x02'),
  },
  'a JPEG of four components whose Adobe segment names the transform of three': {
    whole: withTransform(cmyk, 2),
    bytes: withTransform(cmyk, 1),
  },
  'a JPEG whose JFIF segment is cut short': { whole: jpeg, bytes: withSegment(jpeg, 0xe0, 'JFIF\0\x01') },
  'a JPEG with a segment that is shorter than its length': {
    whole: jpeg,
    bytes: withSegment(jpeg, 0xe5, '', 0),
  },
  'a JPEG with a comment shorter than its length': { whole: jpeg, bytes: withSegment(jpeg, 0xfe, 'ab', 1) },
  ...Object.fromEntries(
    Object.entries({
      JPEG: jpeg,
      'progressive JPEG': progressive,
      'JPEG with restarts': withRestarts,
      'JPEG of a scan for each component': byComponents,
    }).flatMap(([what, whole]) => [
      [`a ${what} without its end`, { whole, bytes: whole.subarray(0, -2) }],
      [`a ${what} that ends inside its end`, { whole, bytes: whole.subarray(0, -1) }],
      [
        `a ${what} with zeros in place of its end`,
        { whole, bytes: Buffer.concat([whole.subarray(0, -2), Buffer.alloc(600)]) },
      ],
      [
        `a ${what} that ends inside a segment behind its pixels`,
        { whole, bytes: Buffer.concat([whole.subarray(0, -2), cutTables, Buffer.alloc(9)]) },
      ],
    ]),
  ),
};

const [startOfScan, restart1] = [Buffer.from('ffda', 'hex'), Buffer.from('ffd1', 'hex')];

/** JPEGs with such a blemish that lack pixels as well. */
export const incompleteJpegs: Readonly<Record<string, Buffer>> = {
  'a JPEG without its end and the last of its data': jpeg.subarray(0, -8),
  'a JPEG with bytes between its segments, without the last of its data': Buffer.concat([
    strewn(jpeg, Buffer.alloc(18)).subarray(0, -12),
    Buffer.from([0xff, 0xd9]),
  ]),
  'a JPEG that ends behind its header': jpeg.subarray(0, jpeg.indexOf(startOfScan) + 14),
  'a JPEG with restarts that ends behind one of them': withRestarts.subarray(
    0,
    withRestarts.lastIndexOf(restart1) + 2,
  ),
  'a progressive JPEG without its end and its last scan': progressive.subarray(
    0,
    progressive.lastIndexOf(startOfScan),
  ),
  'a JPEG without its end and the scan of a component': byComponents.subarray(
    0,
    byComponents.lastIndexOf(startOfScan),
  ),
};
