import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readManifest } from '@app/function-manifest';
import { root } from '@app/scripts/paths';
import { functionStep } from '@app/scripts/set-up';
import { openGuest, timeRequest } from './guest.js';
import { type Sample, summarize } from './sample.js';
import { Saves } from './saves.js';

/** Of each language: a file of its template and words in it, which are written otherwise for each build. */
const EDITS = {
  c: ['main.c', 'this is no bitmap'],
  cpp: ['main.cpp', 'this is no text in UTF-8'],
  go: ['main.go', 'cannot be taken'],
  assemblyscript: ['main.ts', 'begins no character'],
  javascript: ['order.ts', 'be an object'],
} as const;

type Language = keyof typeof EDITS;
const LANGUAGES = ['c', 'cpp', 'go', 'assemblyscript', 'javascript'] as const satisfies readonly Language[];

const SAVES = 3;

/** What a function in one language takes: that of its template. */
export interface LanguageTime {
  readonly language: string;
  readonly moduleBytes: number;
  /** A build after a change, and compiling its module ahead of time with full optimisation, ms. */
  readonly buildMs: number;
  readonly compileMs: number;
  /** The request of its first case that has a result. */
  readonly request: Sample;
  /** From saving a change to being served by `npm run dev`, ms. */
  readonly saved: readonly number[];
}

/**
 * Measures what building, serving and changing the function of each language's template takes, one after the other.
 *
 * @param report takes which it is at
 */
export async function measureLanguages(
  rounds: number,
  report: (progress: string) => void,
): Promise<LanguageTime[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-languages-'));
  try {
    const saved = await timeSaves(folder, report);
    const times: LanguageTime[] = [];
    for (const language of LANGUAGES) {
      report(language);
      times.push({
        language,
        saved: saved.get(language) ?? [],
        ...(await measureOne(language, folder, rounds)),
      });
    }
    return times;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function timeSaves(folder: string, report: (progress: string) => void) {
  const saved = new Map<Language, number[]>();
  const saves = await Saves.begin(folder);
  try {
    for (const language of LANGUAGES) {
      report(`saving ${language}`);
      saved.set(language, await saves.of(language, SAVES, (place, round) => edit(place, language, round)));
    }
    return saved;
  } finally {
    await saves.end();
  }
}

async function edit(place: string, language: Language, round: number): Promise<void> {
  const [name, words] = EDITS[language];
  const text = await readFile(path.join(root, 'templates', language, name), 'utf8');
  await writeFile(path.join(place, name), text.replace(words, `${words}, ${round}`));
}

async function measureOne(language: Language, folder: string, rounds: number) {
  const name = `in-${language}`;
  const place = path.join(folder, name);
  await cp(path.join(root, 'templates', language), place, { recursive: true });
  await edit(place, language, SAVES);
  const step = functionStep(await readManifest(place));
  const product = path.join(folder, 'product');
  await mkdir(product);
  const { signal } = new AbortController();
  const work = { product, previous: path.join(folder, 'none'), signal, report: () => {}, warn: () => {} };
  const startedAt = performance.now();
  await step.prepare?.(work);
  const builtAt = performance.now();
  await step.make(work);
  const compiledAt = performance.now();
  const file = path.join(product, `${name}.so`);
  const { size: moduleBytes } = await stat(path.join(product, `${name}.wasm`));
  const request = await timeCase(file, path.join(place, 'cases'), rounds);
  await rm(product, { recursive: true });
  return { moduleBytes, buildMs: builtAt - startedAt, compileMs: compiledAt - builtAt, request };
}

async function timeCase(file: string, cases: string, rounds: number): Promise<Sample> {
  const files = (await readdir(cases)).sort();
  const [first = ''] = files.filter((name) => /\.(out|json)$/.test(name));
  const input = await readFile(path.join(cases, `${path.parse(first).name}.in`));
  const pool = await openGuest(file, { kind: 'filter' });
  try {
    const answer = await pool.run(input); // Who comes first loads the files.
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) times.push(await timeRequest(pool, input, answer));
    return summarize(times);
  } finally {
    await pool.close();
  }
}
