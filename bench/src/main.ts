import { writeFile } from 'node:fs/promises';
import { applicationSteps, setUpWithFunctions, testGuests } from '@app/scripts/set-up';
import { Command, InvalidArgumentError, Option } from 'commander';
import { bench } from './bench.js';
import { hopsOf } from './hops.js';
import { benchKits } from './kits.js';
import { toMarkdown } from './markdown.js';
import { benchPython } from './python.js';
import { SECTIONS, type Section } from './report.js';
import { targetsOf } from './targets.js';

interface Options {
  only?: Section;
  rounds?: number;
  quick?: true;
  json?: string;
  markdown?: string;
}

/**
 * `npm run bench`: measures, and prints the tables.
 *
 * @param args the command line after the program's name
 * @param unlock lets another set-up begin
 */
export async function main(args: string[], unlock: () => void): Promise<void> {
  const command = new Command('npm run bench --')
    .description(
      'Measures the functions against native code, the services, their memory and their start, in one run on this machine (some 8 minutes; keep it otherwise idle).',
    )
    .addOption(new Option('--only <part>', 'one part alone').choices(SECTIONS))
    .option('--rounds <number>', 'rounds for each photo', wholeNumber)
    .option('--quick', 'about a minute; the figures are rough')
    .option('--json <file>', 'write the figures there too')
    .option('--markdown <file>', 'write the tables there too');
  await command.parseAsync(args, { from: 'user' });
  const { only, rounds, quick = false, json, markdown } = command.opts<Options>();
  const sections = only === undefined ? SECTIONS : [only];

  const python = sections.includes('classify') ? [benchPython] : [];
  const kits = sections.includes('kits') ? [benchKits] : [];
  const steps = [...(await applicationSteps()), testGuests, ...python, ...kits];
  const [failure] = await setUpWithFunctions(steps);
  if (failure !== undefined) throw failure;
  unlock();
  const report = await bench({ sections, quick, ...(rounds !== undefined && { rounds }) });
  const text = toMarkdown(report);
  console.log(`\n${text}`);
  if (markdown !== undefined) await writeFile(markdown, `${text}\n`);
  if (json !== undefined) {
    await writeFile(
      json,
      `${JSON.stringify({ ...report, hops: hopsOf(report), targets: targetsOf(report) }, undefined, 2)}\n`,
    );
  }
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('Give a whole number above 0.');
  return number;
}
