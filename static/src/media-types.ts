import type { PageFunction } from './functions.js';

/** What a function says that it takes. */
type Takes = Pick<PageFunction, 'accepts'>;

/** What the file chooser asks for where a function takes pictures: with these alone, phones make a JPEG of their HEIC. */
const PICTURE_TYPES = 'image/png,image/jpeg,image/gif,image/webp,image/bmp';

/** What people call all types of a kind. */
const PLAIN_WORDS: ReadonlyMap<string, string> = new Map([
  ['image/*', 'pictures'],
  ['text/*', 'text'],
]);

const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ['image/jpeg', 'jpg'],
  ['image/svg+xml', 'svg'],
  ['text/plain', 'txt'],
]);

/** A media type without its parameters. */
export function plainType(type: string): string {
  const [plain = ''] = type.toLowerCase().split(';', 1);
  return plain.trim();
}

/** Whether a type is one of JSON (RFC 6839, section 3.1, for the suffix). */
export function isJsonType(type: string): boolean {
  return plainType(type) === 'application/json' || plainType(type).endsWith('+json');
}

/** Whether what is of this type can be read by people. */
export function isTextType(type: string): boolean {
  return plainType(type).startsWith('text/') || isJsonType(type);
}

/** The end of the name of a file of this type. */
export function extensionOf(type: string): string {
  const plain = plainType(type);
  const [, subtype = ''] = /^(?:image|text|application)\/([a-z0-9]{1,8})$/.exec(plain) ?? [];
  return EXTENSIONS.get(plain) ?? (subtype || 'bin');
}

/** Whether a function takes pictures. */
export function takesPictures({ accepts }: Takes): boolean {
  return accepts.some((range) => range.startsWith('image/') || range === '*/*');
}

/** What to call an input of a function. */
export function inputWord({ accepts }: Takes): 'picture' | 'file' {
  return accepts.every((range) => range.startsWith('image/')) ? 'picture' : 'file';
}

/** Whether a function takes files of this type. A type that says nothing is taken: the function looks at the bytes. */
export function takesType({ accepts }: Takes, type: string): boolean {
  const plain = plainType(type);
  if (plain === '' || plain === 'application/octet-stream') return true;
  return accepts.some((range) => isIn(plain, range.toLowerCase()));
}

/** Whether a type is in a media range (RFC 9110, section 12.5.1). */
function isIn(type: string, range: string): boolean {
  return range === '*/*' || range === type || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)));
}

/** What a function takes, for people: `pictures or text/csv`. */
export function takenTypes({ accepts }: Takes): string {
  return accepts.map((range) => PLAIN_WORDS.get(range) ?? range).join(' or ');
}

/** The type that text is sent as; `undefined` if a function takes no text. */
export function textTypeFor(takes: Takes): string | undefined {
  return takesType(takes, 'text/plain') ? 'text/plain' : takes.accepts.find(isTextType);
}

/** What the file chooser is to ask for; nothing if any file will do. */
export function chooserTypes({ accepts }: Takes): string {
  if (accepts.includes('*/*')) return '';
  return accepts.map((range) => (range === 'image/*' ? PICTURE_TYPES : range)).join(',');
}
