import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { contentHash } from './fingerprints.js';
import type { ProductRecord } from './record.js';

const LIST = 'SHA256SUMS';

/** The list of a product's files that services check when they start, as sha256sum(1) writes it; its comments say the rest. */
export const checksumsRecord: ProductRecord = {
  read: async (product, madeFrom) => {
    const [then, what, ...sums] = (await readFile(path.join(product, LIST), 'utf8').catch(() => '')).split(
      '\n',
    );
    if (then !== `# ${madeFrom}` || sums.join('\n') !== (await checksums(product))) return undefined;
    return what?.slice(2);
  },
  write: async (product, madeFrom, what) =>
    writeFile(path.join(product, LIST), `# ${madeFrom}\n# ${what}\n${await checksums(product)}`),
};

async function checksums(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name !== LIST).sort();
  const lines = names.map(async (name) => `${await contentHash(path.join(folder, name))}  ${name}\n`);
  return (await Promise.all(lines)).join('');
}
