import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { adviceFor } from './other-formats.js';

const picture = () => sharp({ create: { width: 30, height: 20, channels: 3, background: 'teal' } });
const latin1 = (text: string) => Buffer.from(text, 'latin1');

/** The start of an ISO base media file. */
function brands(...names: string[]): Buffer {
  const box = latin1(`\0\0\0\0ftyp${names[0]}\0\0\0\0${names.slice(1).join('')}`);
  box.writeUInt32BE(box.length);
  return Buffer.concat([box, latin1('\0\0\0\x0cmetaavifheic')]);
}

const bom = latin1('\xef\xbb\xbf');
const doctype = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd"';

for (const [name, advice, files] of [
  [
    'HEIC',
    /^This is a HEIC picture, as iPhones take them\. Save it as JPEG/,
    [brands('heic', 'mif1', 'heic'), brands('mif1', 'mif1', 'heic'), brands('heix'), brands('hevc', 'msf1')],
  ],
  [
    'AVIF',
    /^This is an AVIF picture\. Save it as PNG or JPEG/,
    [await picture().avif().toBuffer(), brands('avis', 'avif'), brands('mif1', 'mif1', 'avif')],
  ],
  [
    'JPEG XL',
    /^This is a JPEG XL picture\. Save it/,
    [latin1('\xff\x0a\x01\x02'), latin1('\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl ')],
  ],
  [
    'TIFF',
    /^This is a TIFF picture, or a raw one of a camera\. Save it/,
    [
      await picture().tiff().toBuffer(),
      await picture().tiff({ bigtiff: true }).toBuffer(),
      latin1('MM\0*\0\0\0\x08'),
      latin1('MM\0+\0\x08\0\0'),
    ],
  ],
  ['Photoshop', /^This is a Photoshop document\. Export it/, [latin1('8BPS\0\x01\0\0\0\0\0\0')]],
  ['PDF', /^This is a PDF document\. Export a page/, [latin1('%PDF-1.7\n')]],
  [
    'SVG',
    /^This is an SVG, a drawing that has no pixels\. Export it as PNG/,
    [
      latin1('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      latin1('<svg>'),
      Buffer.concat([bom, latin1('\r\n <svg:svg xmlns:svg="http://www.w3.org/2000/svg">')]),
      latin1('<?xml version="1.0"?>\n<!-- <html> -->\n<svg\n>'),
      Buffer.concat([bom, latin1(`<?xml version="1.0"?>${doctype}>\n<!-- > --><svg >`)]),
      latin1(`${doctype} [\n<!ENTITY ns "http://ns.adobe.com/">\n<!ENTITY x "<svg>"> ]>\n<svg viewBox="">`),
    ],
  ],
] as const)
  test(`who sends ${name} is told that it is, and what to do`, () => {
    for (const [index, file] of files.entries()) assert.match(adviceFor(file) ?? '', advice, `${index}`);
  });

test('of anything else nothing is said', () => {
  for (const bytes of [
    ...[
      '',
      'Hello',
      '<',
      '<?',
      '<!--',
      '<!DOCTYPE html><html><svg>',
      '<html><!-- <svg> -->',
      '<svgx>',
      'II',
    ].map(latin1),
    brands('isom', 'mp42'),
    latin1('\0\0\0\0ftyp'),
    latin1('<!DOCTYPE '.repeat(10_000)),
    latin1('<??>'.repeat(100_000)),
  ])
    assert.equal(adviceFor(bytes), undefined, bytes.toString('latin1', 0, 40));
});
