import assert from 'node:assert/strict';
import type { LanguageTest } from './language-test.js';

const ITEMS = Array.from({ length: 300 }, (_, index) => ({
  name: `Näher № ${index}`,
  quantity: 1 + (index % 7),
  price: ((index * 7919) % 100_003) / 100,
  tax: [0, 7, 19, 25.5][index % 4] ?? 0,
}));

/** In thousandths of a cent, as whole numbers of any size: nothing is rounded but the tax. */
function invoiceOf(items: typeof ITEMS) {
  const nets = new Map<number, bigint>();
  for (const { quantity, price, tax } of items)
    nets.set(tax, (nets.get(tax) ?? 0n) + BigInt(quantity) * BigInt(price.toFixed(2).replace('.', '')));
  const taxes = [...nets]
    .sort(([one], [other]) => one - other)
    .map(([rate, net]) => ({ rate, net, tax: (net * BigInt(rate * 10) + 500n) / 1000n }));
  const sum = (values: readonly bigint[]) => values.reduce((all, each) => all + each, 0n);
  const net = sum(taxes.map((each) => each.net));
  return {
    items: items.reduce((all, { quantity }) => all + quantity, 0),
    net: Number(net) / 100,
    taxes: taxes.map(({ rate, net, tax }) => ({ rate, net: Number(net) / 100, tax: Number(tax) / 100 })),
    total: Number(net + sum(taxes.map(({ tax }) => tax))) / 100,
  };
}

export const javascript: LanguageTest = {
  language: 'javascript',
  input: async () => Buffer.from(JSON.stringify({ customer: 'Zoë 日本', items: ITEMS })),
  types: { input: 'application/json', answer: 'application/json' },
  verify: async (answer) =>
    assert.deepEqual(JSON.parse(String(answer)), { customer: 'Zoë 日本', ...invoiceOf(ITEMS) }),
  large: async () => {
    const item = { name: 'Ü'.repeat(450), quantity: 1, price: 0.5, tax: 7 };
    return Buffer.from(JSON.stringify({ customer: 'x', items: Array.from({ length: 1000 }, () => item) }));
  },
  bad: {
    input: (good) => Buffer.from(String(good).replace('"quantity":3', '"quantity":"three"')),
    reason: /[Ff]ield items\[2\]\.quantity must be a number from 1 to 10000, and is \\"three\\"/,
  },
  broken: {
    files: {
      'main.ts': "import { word } from './words/word.ts';\n\nexport default () => word();\n",
      'words/word.ts': 'export function word(): string {\n  return 7 wrod;\n}\n',
    },
    said: /it does not compile:\n✘ \[ERROR\] Expected ";" but found "wrod"\n\n +words\/word\.ts:2:11:/,
  },
  forbidden: {
    files: {
      'main.js':
        "import { connect } from 'node:net';\n\nexport default () => String(connect('example.org'));\n",
    },
    said: /it does not compile:\n✘ \[ERROR\] Could not resolve "node:net"\n\n +main\.js:1:24:/,
  },
};
