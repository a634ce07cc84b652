import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';

/** Adds a row to the table that `npm run test:cluster` prints at its end. */
export async function figure(what: string, result: string): Promise<void> {
  const file = process.env.FIGURES ?? assert.fail('FIGURES is not set: run it by npm run test:cluster');
  await appendFile(file, `${JSON.stringify({ what, result })}\n`);
}
