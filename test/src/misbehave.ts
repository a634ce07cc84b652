import { parts } from './built-parts.js';

/** The guest of `test/guests/misbehave`, in place of a function. It answers a picture with itself. */
export const FUNCTION = parts.guest('misbehave', 'so');

/** A picture, and behind its end what the guest is to do. */
export function order(what: string, picture: Buffer): Buffer {
  return Buffer.concat([picture, Buffer.from(`misbehave: ${what}`)]);
}
