import { type Classification, parseClassification } from './classification.js';
import { isJsonType, isTextType } from './media-types.js';

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
  if (body.size === 0) return { kind: 'empty' };
  if (body.type.startsWith('image/')) return { kind: 'picture' };
  if (!isTextType(body.type)) return { kind: 'file' };
  const text = await body.slice(0, MAX_TEXT_BYTES).text();
  const isWhole = body.size <= MAX_TEXT_BYTES;
  const value = isJsonType(body.type) && isWhole ? parse(text) : undefined;
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
