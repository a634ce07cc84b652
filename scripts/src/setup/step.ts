import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { madeFromRecord, type ProductRecord } from './record.js';

/** One part of set-up: makes one folder out of what it is made from. */
export interface Step {
  /** Names the step, and its product's folder unless `place` does. */
  readonly name: string;
  /** The product's folder, absolute, where it is not among all the others. */
  readonly place?: string;
  /** Whether the other steps go on when this one fails. Its old product is removed then: it would pass for what it is not. */
  readonly optional?: true;
  /** How the product tells what it is. */
  readonly record?: ProductRecord;
  /** Steps whose products `make` uses. */
  readonly needs: readonly Step[];
  /** Steps whose products `prepare` uses already, such as a compiler. */
  readonly prepareNeeds?: readonly Step[];
  /** All that decides what the product is, as a JSON value: when it changes, the step is done again. */
  inputs(): Promise<unknown>;
  /** What the machine lacks for `make`: a sentence each, with the remedy. */
  lacks(): Promise<readonly string[]>;
  /** About how long `make` takes one processor that has nothing else to do, in s: for a word on how long set-up takes. */
  readonly seconds: number;
  /** Does what can be done before the products of `needs` are there: those of `prepareNeeds` are. */
  prepare?(work: Work): Promise<void>;
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
  /** Shows a text that stays, such as a compiler's warnings. */
  warn(text: string): void;
}

/** The folder of a step's product. */
export function placeOf(step: Step, folder: string): string {
  return step.place ?? path.join(folder, step.name);
}

/** The steps whose products it uses at all. */
export function needsOf({ needs, prepareNeeds = [] }: Step): readonly Step[] {
  return [...prepareNeeds, ...needs];
}

/** Unique to what a step's product is made from, its needs' products included. */
async function fingerprint(step: Step): Promise<string> {
  const needs = await Promise.all(needsOf(step).map(fingerprint));
  return createHash('sha256')
    .update(JSON.stringify([step.name, needs, await step.inputs()]))
    .digest('hex');
}

/** What the product is, or `undefined` if it has to be made (again), be it because a file is gone or damaged. */
export async function madeProduct(step: Step, folder: string): Promise<string | undefined> {
  const { read } = step.record ?? madeFromRecord;
  return read(placeOf(step, folder), await fingerprint(step));
}

/**
 * Makes a step's product aside and puts it in its place when it is complete, so that a half-made one is never used.
 *
 * @param folder the folder of all products
 * @param prepareNeeded resolves when the products of the step's `prepareNeeds` are there
 * @param needed resolves when those of its `needs` are
 * @returns what it is, in a few words
 */
export async function makeProduct(
  step: Step,
  folder: string,
  {
    prepareNeeded,
    needed,
    ...work
  }: Pick<Work, 'signal' | 'report' | 'warn'> & { prepareNeeded: Promise<unknown>; needed: Promise<unknown> },
): Promise<string> {
  const place = placeOf(step, folder);
  // A command that outlived a killed set-up may still be writing: so the name is this process's own.
  const aside = `${place}.making.${process.pid}`;
  const old = `${place}.old.${process.pid}`;
  const { write } = step.record ?? madeFromRecord;
  const madeFrom = await fingerprint(step);
  await removeLeftOvers(place);
  // One by one: of what cannot be made at once with the folder above, Node says ENOENT, be the disk full or read-only.
  await mkdir(path.dirname(place)).catch(ignoreExisting);
  await mkdir(aside);
  try {
    const whole = { ...work, product: aside, previous: place };
    await prepareNeeded;
    await step.prepare?.(whole);
    await needed;
    const what = await step.make(whole);
    work.signal.throwIfAborted();
    await write(aside, madeFrom, what);
    await rename(place, old).catch(ignoreMissing);
    await rename(aside, place);
    return what;
  } finally {
    await removeLeftOvers(place);
  }
}

async function removeLeftOvers(place: string): Promise<void> {
  const folder = path.dirname(place);
  const names = (await readdir(folder).catch(() => [])).filter((name) => /\.(making|old)\.\d+$/.test(name));
  for (const name of names.filter((each) => each.startsWith(`${path.basename(place)}.`))) {
    await rm(path.join(folder, name), { recursive: true, force: true });
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
