import { isUtf8 } from 'node:buffer';
import type { FunctionDescription } from '@app/function-manifest';
import { fileTypeFromBuffer } from 'file-type';
import type { Input } from '../http/body.js';
import { Problem } from '../http/problem.js';
import {
  formatOf,
  IMAGE_FORMATS,
  type ImageFormat,
  type ImageHeader,
  readImageHeader,
} from '../pictures/header.js';

/** So many first bytes tell the type of all that file-type knows. */
const START_BYTES = 4100;

/** The longest answer that is looked through for text, in bytes. */
const MAX_TEXT_BYTES = 1024 ** 2;

/** The longest text that is read as JSON, in characters: that takes a few ms, in which nobody else is served. */
const MAX_JSON_LENGTH = 256 * 1024;

/** The formats of file-type that are text. */
const TEXT_FORMATS = /^(text\/.*|application\/(pdf|postscript|rtf|xml))$/;

/** What no text has: control characters other than white space and escape, as the WHATWG's MIME Sniffing has it (section 3). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const BINARY = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]/;

/** Whether a function takes pictures, and nothing else. */
export function takesPicturesAlone({ accepts }: FunctionDescription): boolean {
  return accepts.every((type) => formatsOf(type).length > 0);
}

/**
 * Checks that an input is of a type that the function takes. Of pictures the first bytes decide, whatever their sender
 * says of them (`curl --data-binary` says that they are a form); of others what their sender says, if it says anything.
 *
 * @returns what the header of a picture says, if the input is one for a function that takes pictures
 * @throws Problem 415 naming what is taken; those of `readImageHeader`
 */
export function checkInput(
  description: FunctionDescription,
  { bytes, type }: Input,
): ImageHeader | undefined {
  const { accepts, limits, name } = description;
  const formats = accepts.flatMap(formatsOf);
  const isPicture = formats.length > 0 && (takesPicturesAlone(description) || formatOf(bytes) !== undefined);
  if (isPicture) return readImageHeader(bytes, limits.pixels, formats);
  if (type === undefined || accepts.some((accepted) => matches(type, accepted))) return undefined;
  throw new Problem(
    415,
    'ERR_MEDIA_TYPE',
    `The function ${name} takes ${accepts.join(', ')}, and this is ${JSON.stringify(type)}. Send what it takes, with its Content-Type.`,
  );
}

/** The formats of pictures in a type that a function takes. */
function formatsOf(accepted: string): readonly ImageFormat[] {
  return accepted === 'image/*'
    ? IMAGE_FORMATS
    : IMAGE_FORMATS.filter((format) => accepted === `image/${format}`);
}

/** Whether a type is in a media range (RFC 9110, section 12.5.1). */
function matches(type: string, range: string): boolean {
  const accepted = range.toLowerCase();
  return (
    accepted === '*/*' ||
    accepted === type ||
    (accepted.endsWith('/*') && type.startsWith(accepted.slice(0, -1)))
  );
}

/**
 * The media type of an answer of which nobody says what it is: by its first bytes, or as JSON or text if it is one. What is
 * text is no picture or program because it begins with the two letters that those begin with.
 */
export async function typeOfAnswer(bytes: Buffer): Promise<string> {
  // file-type looks through all of its chunks for an animation.
  if (formatOf(bytes) === 'png') return 'image/png';
  const text = textOf(bytes);
  if (text !== undefined && isJson(text)) return 'application/json';
  const known = await fileTypeFromBuffer(bytes.subarray(0, START_BYTES));
  if (text === undefined) return known?.mime ?? 'application/octet-stream';
  return known !== undefined && TEXT_FORMATS.test(known.mime) ? known.mime : 'text/plain; charset=utf-8';
}

/** The text that bytes are, if they are one and not too long. */
function textOf(bytes: Buffer): string | undefined {
  if (bytes.length === 0 || bytes.length > MAX_TEXT_BYTES || !isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  return BINARY.test(text) ? undefined : text;
}

/** Whether a text is an object or a list of JSON: numbers and words are text, too. */
function isJson(text: string): boolean {
  if (text.length > MAX_JSON_LENGTH || !/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
