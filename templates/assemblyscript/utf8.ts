/**
 * Where a text stops being UTF-8 (RFC 3629): the decoder would put U+FFFD there and go on.
 *
 * @returns the index of the first byte that begins no character, -1 if all do
 */
export function invalidUtf8At(bytes: Uint8Array): i32 {
  for (let at = 0; at < bytes.length; ) {
    const length = lengthOfCharacter(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return -1;
}

/** Bytes of the character that begins there, 0 if none does. */
function lengthOfCharacter(bytes: Uint8Array, at: i32): i32 {
  const first = bytes[at];
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > bytes.length) return 0;
  // The second byte is bounded more narrowly: no longer form than needed, no surrogate, nothing above U+10FFFF.
  const second = bytes[at + 1];
  const lowest: u8 = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest: u8 = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let i = 2; i < length; i++) if ((bytes[at + i] & 0xc0) !== 0x80) return 0;
  return length;
}
