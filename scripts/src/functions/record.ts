import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { contentHash } from '../setup/fingerprints.js';
import type { ProductRecord } from '../setup/record.js';

/** The part of what `compile` of wasmedge-node writes that is used here, and what is added to it. */
const Compiled = z.looseObject({
  wasmSha256: z.string(),
  soSha256: z.string(),
  runtimeVersion: z.string(),
  cpu: z.string(),
});
const Record = Compiled.extend({ sourceSha256: z.string() });

/** The record of a built function, `name.json`: what its module and its compiled code were made from, and that they are whole. */
export function functionRecord(name: string): ProductRecord {
  const file = (product: string, kind: 'wasm' | 'so' | 'json') => path.join(product, `${name}.${kind}`);
  return {
    read: async (product, madeFrom) => {
      try {
        const record = Record.parse(JSON.parse(await readFile(file(product, 'json'), 'utf8')));
        const isSame =
          record.sourceSha256 === madeFrom &&
          record.wasmSha256 === (await contentHash(file(product, 'wasm'))) &&
          record.soSha256 === (await contentHash(file(product, 'so')));
        return isSame ? `compiled by WasmEdge ${record.runtimeVersion} for ${record.cpu}` : undefined;
      } catch {
        return undefined;
      }
    },
    write: async (product, madeFrom) => {
      const compiled = Compiled.parse(JSON.parse(await readFile(file(product, 'json'), 'utf8')));
      const record = { ...compiled, sourceSha256: madeFrom }; // What was kept has that of before.
      await writeFile(file(product, 'json'), `${JSON.stringify(record, undefined, 2)}\n`);
    },
  };
}
