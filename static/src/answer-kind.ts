import { type Classification, parseClassification } from './classification.js';

/** The longest text of an answer that is looked at, in bytes. */
const MAX_TEXT_BYTES = 1024 ** 2;

/** What an answer is, for the page. */
export type AnswerKind =
  | { readonly kind: 'empty' | 'file' | 'picture' }
  | { readonly kind: 'text'; readonly text: string; readonly isWhole: boolean }
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'classification'; readonly classification: Classification };

/** Tells what an answer is by its type; JSON that is none is text. */
export async function kindOf(body: Blob): Promise<AnswerKind> {
  const [type = ''] = body.type.toLowerCase().split(';', 1);
  if (body.size === 0) return { kind: 'empty' };
  if (type.startsWith('image/')) return { kind: 'picture' };
  const isJson = type === 'application/json' || type.endsWith('+json');
  if (!isJson && !type.startsWith('text/')) return { kind: 'file' };
  const text = await body.slice(0, MAX_TEXT_BYTES).text();
  const isWhole = body.size <= MAX_TEXT_BYTES;
  const value = isJson && isWhole ? parse(text) : undefined;
  if (value === undefined) return { kind: 'text', text, isWhole };
  const classification = parseClassification(value);
  return classification === undefined ? { kind: 'json', value } : { kind: 'classification', classification };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/svg+xml': 'svg',
  'text/plain': 'txt',
};

/** The end of the name of a file of this type. */
export function extensionOf(type: string): string {
  const [plain = ''] = type.toLowerCase().split(';', 1);
  const [, subtype = ''] = /^(?:image|text|application)\/([a-z0-9]{1,8})$/.exec(plain) ?? [];
  return EXTENSIONS[plain] ?? (subtype || 'bin');
}
