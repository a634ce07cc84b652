import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inventory } from './inventory.js';

/** One part of set-up: makes one folder out of what it is made from. */
export interface Step {
  /** Names the step and its product, the folder of that name. */
  readonly name: string;
  /** Steps whose products this one uses. */
  readonly needs: readonly Step[];
  /** All that decides what the product is, as a JSON value: when it changes, the step is done again. */
  inputs(): Promise<unknown>;
  /** What the machine lacks for `make`: a sentence each, with the remedy. */
  lacks(): Promise<readonly string[]>;
  /** About how long `make` takes one processor that has nothing else to do, in s: for a word on how long set-up takes. */
  readonly seconds: number;
  /** Makes the product. Resolves with a few words on what it is. */
  make(work: Work): Promise<string>;
}

/** What a step works with. */
export interface Work {
  /** The empty folder to fill. */
  readonly product: string;
  /** The product as it was last made, if it was. */
  readonly previous: string;
  /** Aborts when set-up is to stop. */
  readonly signal: AbortSignal;
  /** Shows how far the step is: a few words. */
  report(progress: string): void;
}

/** Written into a product last, and so tells that it is complete: fingerprint, what the product is, inventory. */
const RECORD = 'made-from.txt';

/** Unique to what a step's product is made from, its needs' products included. */
async function fingerprint(step: Step): Promise<string> {
  const needs = await Promise.all(step.needs.map(fingerprint));
  return createHash('sha256')
    .update(JSON.stringify([step.name, needs, await step.inputs()]))
    .digest('hex');
}

/** What the product in `folder` is, or nothing if it has to be made (again), be it because a file is gone or damaged. */
export async function madeProduct(step: Step, folder: string): Promise<string | undefined> {
  const place = path.join(folder, step.name);
  const record = await readFile(path.join(place, RECORD), 'utf8').catch(() => '');
  const [madeFrom, what, contents] = record.split('\n');
  if (madeFrom !== (await fingerprint(step))) return undefined;
  return contents === (await inventory(place, RECORD)) ? what : undefined;
}

/**
 * Makes a step's product aside and puts it in its place when it is complete, so that a half-made one is never used.
 *
 * @param folder the folder of all products
 * @returns what it is, in a few words
 */
export async function makeProduct(
  step: Step,
  folder: string,
  work: Pick<Work, 'signal' | 'report'>,
): Promise<string> {
  const place = path.join(folder, step.name);
  // A command that outlived a killed set-up may still be writing: so the name is this process's own.
  const aside = `${place}.making.${process.pid}`;
  const old = `${place}.old.${process.pid}`;
  const madeFrom = await fingerprint(step);
  await removeLeftOvers(step, folder);
  await mkdir(aside);
  try {
    const what = await step.make({ ...work, product: aside, previous: place });
    work.signal.throwIfAborted();
    const contents = await inventory(aside, RECORD);
    await writeFile(path.join(aside, RECORD), `${madeFrom}\n${what}\n${contents}\n`);
    await rename(place, old).catch(ignoreMissing);
    await rename(aside, place);
    return what;
  } finally {
    await removeLeftOvers(step, folder);
  }
}

async function removeLeftOvers(step: Step, folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /\.(making|old)\.\d+$/.test(name));
  for (const name of names.filter((each) => each.startsWith(`${step.name}.`))) {
    await rm(path.join(folder, name), { recursive: true, force: true });
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
