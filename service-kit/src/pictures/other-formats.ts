/** What is sent in place of a picture that can be read, and what to do then. */
const ADVICE = {
  heic: 'This is a HEIC picture, as iPhones take them. Save it as JPEG first; the camera does so by itself with Settings, Camera, Formats, Most Compatible.',
  avif: 'This is an AVIF picture. Save it as PNG or JPEG first.',
  jxl: 'This is a JPEG XL picture. Save it as PNG or JPEG first.',
  tiff: 'This is a TIFF picture, or a raw one of a camera. Save it as PNG or JPEG first.',
  psd: 'This is a Photoshop document. Export it as PNG or JPEG first.',
  svg: 'This is an SVG, a drawing that has no pixels. Export it as PNG first.',
  pdf: 'This is a PDF document. Export a page of it as PNG or JPEG first.',
} as const;

/** By the first bytes: TIFF 6.0, section 2, and BigTIFF; ISO 32000; ISO/IEC 18181-2; Adobe's Photoshop file format. */
const SIGNATURES: readonly (readonly [start: string, format: keyof typeof ADVICE])[] = [
  ['II*\0', 'tiff'],
  ['MM\0*', 'tiff'],
  ['II+\0', 'tiff'],
  ['MM\0+', 'tiff'],
  ['%PDF-', 'pdf'],
  ['\xff\x0a', 'jxl'],
  ['\0\0\0\x0cJXL \r\n\x87\n', 'jxl'],
  ['8BPS', 'psd'],
];

const AVIF_BRANDS = ['avif', 'avis'];
const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1'];

/** Characters of an XML document that are looked at, and of brands that a file says it is compatible with. */
const MAX_XML = 16_384;
const MAX_BRANDS = 256;

/** What a known format that is not read here is, and what to do about it; `undefined` for bytes that are none. */
export function adviceFor(image: Buffer): string | undefined {
  const start = image.toString('latin1', 0, 12);
  const format =
    SIGNATURES.find(([signature]) => start.startsWith(signature))?.[1] ??
    formatByBrands(image) ??
    (isSvg(image.toString('latin1', 0, MAX_XML)) ? 'svg' : undefined);
  return format && ADVICE[format];
}

/** The brands of an ISO base media file, the first of which is its own: ISO/IEC 14496-12, 4.3, and 23008-12, 10. */
function formatByBrands(image: Buffer): 'heic' | 'avif' | undefined {
  if (image.toString('latin1', 4, 8) !== 'ftyp') return undefined;
  const end = Math.max(12, Math.min(image.readUInt32BE(0), MAX_BRANDS));
  const brands = image.toString('latin1', 8, end).match(/.{4}/gs) ?? [];
  // Of a picture, `mif1` says only that it is one.
  if (brands.some((brand) => AVIF_BRANDS.includes(brand))) return 'avif';
  return brands.some((brand) => HEIC_BRANDS.includes(brand)) ? 'heic' : undefined;
}

/** Whether the first element of an XML document is `svg`. */
function isSvg(document: string): boolean {
  let rest = document.replace(/^\xef\xbb\xbf/, '').trimStart();
  for (;;) {
    const end = endOfProlog(rest);
    if (end === undefined) return /^<([\w.-]+:)?svg[\s/>]/.test(rest);
    rest = rest.slice(end).trimStart();
  }
}

/** Where what may come before the first element ends: an instruction, a comment, or a document type. */
function endOfProlog(xml: string): number | undefined {
  const behind = (end: string, from = 0) => {
    const at = xml.indexOf(end, from);
    return at < 0 ? xml.length : at + end.length;
  };
  if (xml.startsWith('<?')) return behind('?>');
  if (xml.startsWith('<!--')) return behind('-->');
  if (!/^<!doctype/i.test(xml)) return undefined;
  const [end, declarations] = [behind('>'), xml.indexOf('[')];
  return declarations >= 0 && declarations < end ? behind('>', behind(']', declarations)) : end;
}
