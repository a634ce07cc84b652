import assert from 'node:assert/strict';
import type { LanguageTest } from './language-test.js';

const ROWS = 2000;

/** A table, quoted where it need not be and where it must, and what its columns are. */
function table(): { text: string; columns: unknown[] } {
  const rows = Array.from({ length: ROWS }, (_, index) => ({
    number: ((index * 7919) % ROWS) / 4 - 100,
    word: ['one', 'two, and more', 'said "three"', 'four\r\nlines'][index % 4] ?? '',
    sparse: index % 10 === 0 ? String(index) : '',
  }));
  const quoted = (word: string) => `"${word.replaceAll('"', '""')}"`;
  const lines = rows.map(({ number, word, sparse }) => `${number},${quoted(word)},${sparse}`);
  const text = `"a number",Wörter,sparse\r\n${lines.join('\r\n')}\r\n`;
  const { min, max, mean } = statisticsOf(rows.map(({ number }) => number));
  const sparse = statisticsOf(rows.filter((row) => row.sparse !== '').map((row) => Number(row.sparse)));
  return {
    text,
    columns: [
      { name: 'a number', count: ROWS, empty: 0, min, max, mean },
      {
        name: 'Wörter',
        count: ROWS,
        empty: 0,
        distinct: 4,
        frequent: ['four\r\nlines', 'one', 'said "three"', 'two, and more'],
      },
      { name: 'sparse', count: ROWS / 10, empty: ROWS - ROWS / 10, ...sparse },
    ],
  };
}

function statisticsOf(numbers: readonly number[]) {
  const sum = numbers.reduce((all, number) => all + number, 0);
  return { min: Math.min(...numbers), max: Math.max(...numbers), mean: sum / numbers.length };
}

/** The same with the means rounded: they are summed up in another way. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, each) => (key === 'mean' ? Math.round(each * 1e6) / 1e6 : each)),
  );
}

export const cpp: LanguageTest = {
  language: 'cpp',
  input: async () => Buffer.from(table().text),
  types: { input: 'text/csv', answer: 'application/json' },
  verify: async (answer) => {
    const { rows, columns } = JSON.parse(String(answer));
    assert.equal(rows, ROWS);
    assert.deepEqual(rounded(columns), rounded(table().columns));
  },
  // As many columns as may be, each of as many different values.
  large: async () => {
    const line = (row: number) => Array.from({ length: 1000 }, (_, column) => `${row}-${column}`).join(',');
    return Buffer.from(Array.from({ length: 1100 }, (_, row) => line(row)).join('\n'));
  },
  bad: { input: () => Buffer.from('a,b\n1,2\n3,"4\n'), reason: /Line 3: a quote is never closed/ },
  broken: {
    files: {
      'main.cpp': '#include "word.h"\nint main() { return static_cast<int>(word().size()); }\n',
      'word.h': '#include <string>\nstd::string word();\n',
      'word.cpp': '#include "word.h"\nstd::string word() { return 7 + wrod; }\n',
    },
    said: /it does not compile:\nword\.cpp:2:33: error: use of undeclared identifier 'wrod'/,
  },
  forbidden: {
    files: {
      'main.cpp': `#include <cstdint>
__attribute__((import_module("wasi_snapshot_preview1"), import_name("sock_open")))
extern "C" int open_socket(int, int, int *);
int main() { int socket; return open_socket(0, 0, &socket); }
`,
    },
    said: /imports what a function may not have: wasi_snapshot_preview1\.sock_open\. .* It is asked for at main\.cpp:2 \(sock_open\)\.$/m,
  },
};
