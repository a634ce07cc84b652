import assert from 'node:assert/strict';
import type { LanguageTest } from './language-test.js';

const TEXT = `“Größe” heißt auf Dänisch størrelse, auf Tschechisch velikost — und auf Griechisch μέγεθος.
It's the same in “don’t”: an apostrophe is of the word, 'quotes' are not. 日本 and 🎉, 1 and 22.\r
${'größe GRÖSSE Größe '.repeat(2000)}
no line end`;

/** The same by regular expressions of Unicode's own classes. */
function statisticsOf(text: string) {
  const words = (text.match(/[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*/gu) ?? []).map((word) => word.toLowerCase());
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return {
    lines: text.split('\n').length,
    words: words.length,
    characters: [...text].length,
    frequent: [...counts]
      .map(([word, count]) => ({ word, count }))
      .sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1))
      .slice(0, 10),
  };
}

export const assemblyscript: LanguageTest = {
  language: 'assemblyscript',
  input: async () => Buffer.from(TEXT),
  types: { input: 'text/plain', answer: 'application/json' },
  verify: async (answer) => assert.deepEqual(JSON.parse(String(answer)), statisticsOf(TEXT)),
  large: async () =>
    Buffer.from(Array.from({ length: 1_300_000 }, (_, index) => (index % 200_000) + 100_000).join(' ')),
  // A letter of two bytes, cut through.
  bad: {
    input: (good) => good.subarray(0, good.indexOf('Größe') + 3),
    reason: /not UTF-8: byte 5 begins no character/,
  },
  broken: {
    files: {
      'main.ts': "import { word } from './words/word';\n\nprocess.stdout.write(word());\n",
      'words/word.ts': 'export function word(): string {\n  return wrod;\n}\n',
    },
    said: /it does not compile:\nERROR TS2304: Cannot find name 'wrod'\.\n[\s\S]*in words\/word\.ts\(2,10\)/,
  },
  forbidden: {
    files: {
      'main.ts': "import { open } from './net';\n\nprocess.exit(open(0, 0, 0));\n",
      'net.ts':
        '// @ts-ignore: decorator\n@external("wasi_snapshot_preview1", "sock_open")\nexport declare function open(family: i32, kind: i32, socket: usize): i32;\n',
    },
    said: /imports what a function may not have: wasi_snapshot_preview1\.sock_open\. .* It is asked for at net\.ts:2 \(sock_open\)\.$/m,
  },
};
