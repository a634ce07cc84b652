import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inventory } from './inventory.js';

/** How a product tells that it is whole and what it was made from: one file in it, which is written last. */
export interface ProductRecord {
  /** What the product is, in a few words; `undefined` if it is not whole or was made from something else. */
  read(product: string, madeFrom: string): Promise<string | undefined>;
  write(product: string, madeFrom: string, what: string): Promise<void>;
}

const MADE_FROM = 'made-from.txt';

/** A file of three lines: what it was made from, what it is, and the hash of its inventory. */
export const madeFromRecord: ProductRecord = {
  read: async (product, madeFrom) => {
    const record = await readFile(path.join(product, MADE_FROM), 'utf8').catch(() => '');
    const [then, what, contents] = record.split('\n');
    return then === madeFrom && contents === (await inventory(product, MADE_FROM)) ? what : undefined;
  },
  write: async (product, madeFrom, what) => {
    const contents = await inventory(product, MADE_FROM);
    await writeFile(path.join(product, MADE_FROM), `${madeFrom}\n${what}\n${contents}\n`);
  },
};
