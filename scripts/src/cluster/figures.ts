import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const rowSchema = z.object({ what: z.string(), result: z.string() });

/** The figures that tests have left in a file, a row of JSON each (`test/src/cluster/figures.ts`), as a Markdown table. */
export async function tableOfFigures(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const rows = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => rowSchema.parse(JSON.parse(line)));
  if (rows.length === 0) return '';
  return [
    '| case | figures |',
    '|---|---|',
    ...rows.map(({ what, result }) => `| ${what} | ${result} |`),
    '',
  ].join('\n');
}
