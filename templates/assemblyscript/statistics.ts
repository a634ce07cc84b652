/** How many of the most frequent words are named. */
const NAMED_WORDS = 10;

/**
 * Counts lines, words and characters (code points), and how often words occur, whether in capitals or not.
 *
 * @returns JSON, such as `{"lines":1,"words":2,"characters":12,"frequent":[{"word":"a","count":2}]}`
 */
export function statistics(text: string): string {
  const counts = new Map<string, i32>();
  let lines = 0;
  let words = 0;
  let characters = 0;
  let wordStart = -1;
  let last = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at);
    const length = code > 0xffff ? 2 : 1;
    if (isOfWord(code) || (isApostrophe(code) && wordStart >= 0 && isWordAt(text, at + length))) {
      if (wordStart < 0) wordStart = at;
    } else if (wordStart >= 0) {
      count(counts, text.substring(wordStart, at));
      words++;
      wordStart = -1;
    }
    if (code === 0x0a) lines++;
    last = code;
    characters++;
    at += length;
  }
  if (wordStart >= 0) {
    count(counts, text.substring(wordStart));
    words++;
  }
  if (characters > 0 && last !== 0x0a) lines++;
  return `{"lines":${lines},"words":${words},"characters":${characters},"frequent":${frequent(counts)}}`;
}

/**
 * Letters and digits of any script are, white space and punctuation are not. By ranges of Unicode, not by its tables, which
 * would make the module several times as large: of the characters above U+007F all count as letters but the named.
 */
function isOfWord(code: i32): bool {
  if (code < 0x80)
    return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
  if (code < 0xc0) return code === 0xaa || code === 0xb5 || code === 0xba;
  if (code === 0xd7 || code === 0xf7 || code === 0xfeff) return false;
  const isPunctuation =
    (code >= 0x2000 && code <= 0x206f) ||
    (code >= 0x2190 && code <= 0x2bff) ||
    (code >= 0x3000 && code <= 0x303f) ||
    (code >= 0xff00 && code <= 0xff0f) ||
    (code >= 0x1f000 && code <= 0x1faff);
  return !isPunctuation;
}

/** As in `it's`. */
function isApostrophe(code: i32): bool {
  return code === 0x27 || code === 0x2019;
}

function isWordAt(text: string, at: i32): bool {
  return at < text.length && isOfWord(text.codePointAt(at));
}

function count(counts: Map<string, i32>, word: string): void {
  const lower = word.toLowerCase();
  counts.set(lower, (counts.has(lower) ? counts.get(lower) : 0) + 1);
}

/** A word and how often it occurs. */
class Counted {
  constructor(
    public word: string,
    public count: i32,
  ) {}
}

/** The most frequent first; of words that are as frequent, by their characters. */
function frequent(counts: Map<string, i32>): string {
  const words = counts.keys();
  const counted = new Array<Counted>(words.length);
  for (let i = 0; i < words.length; i++) counted[i] = new Counted(words[i], counts.get(words[i]));
  counted.sort((a, b) => (a.count !== b.count ? b.count - a.count : a.word < b.word ? -1 : 1));
  // Words have neither quotes nor backslashes nor control characters: they are JSON as they are.
  return `[${counted
    .slice(0, NAMED_WORDS)
    .map<string>((each) => `{"word":"${each.word}","count":${each.count}}`)
    .join(',')}]`;
}
