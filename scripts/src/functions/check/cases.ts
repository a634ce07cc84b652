import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Report } from './finding.js';
import { describe, type Outcome, outcomeOf, poolOf } from './pool.js';
import type { Subject } from './subject.js';

/** An input that a function should have a result for, if its cases have one. */
export function goodInput(cases: readonly Case[]): Buffer {
  return cases.find(({ expected }) => expected !== 'err')?.input ?? Buffer.from('one input\n');
}

/** One case: an input, and what the function must make of it. */
export interface Case {
  readonly name: string;
  readonly input: Buffer;
  readonly expected: 'out' | 'json' | 'err' | undefined;
  readonly content: Buffer;
}

const KINDS = ['out', 'json', 'err'] as const;

/** Reads `x.in` with `x.out`, `x.json` or `x.err` beside it; none where there is no folder. */
export async function readCases(folder: string | undefined): Promise<Case[]> {
  if (folder === undefined) return [];
  const files = await readdir(folder).catch((): string[] => []);
  const inputs = files.filter((file) => file.endsWith('.in')).sort();
  return Promise.all(
    inputs.map(async (file) => {
      const name = path.basename(file, '.in');
      const kinds = KINDS.filter((kind) => files.includes(`${name}.${kind}`));
      const expected = kinds.length === 1 ? kinds[0] : undefined;
      return {
        name,
        input: await readFile(path.join(folder, file)),
        expected,
        content:
          expected === undefined ? Buffer.alloc(0) : await readFile(path.join(folder, `${name}.${expected}`)),
      };
    }),
  );
}

/**
 * Runs each case compiled and interpreted: both as expected, and equal to each other.
 *
 * @param options `interpreted`: whether that, which takes much longer, is done, too
 */
export async function checkCases(
  subject: Subject,
  cases: readonly Case[],
  report: Report,
  options: { interpreted: boolean } = { interpreted: true },
): Promise<void> {
  if (cases.length === 0) {
    report({ what: 'cases', ok: true, detail: 'there are none: put x.in and x.out into cases/' });
    return;
  }
  const compiled = await poolOf(subject);
  const interpreted = options.interpreted ? await poolOf(subject, { interpreted: true }) : undefined;
  try {
    for (const each of cases) {
      const what = `case ${each.name}`;
      const outcome = await outcomeOf(compiled, each.input);
      const problem = problemOf(each, outcome);
      report(
        problem === undefined
          ? { what, ok: true, detail: describe(outcome) }
          : { what, ok: false, detail: problem, remedy: 'mend the function, or the case' },
      );
      if (interpreted === undefined) continue;
      const other = await outcomeOf(interpreted, each.input);
      if (!isDeepStrictEqual(other, outcome))
        report({
          what: `${what}, interpreted`,
          ok: false,
          detail: `${describe(other)}, and compiled ${describe(outcome)}`,
          remedy: 'look for what differs from run to run: clocks, random numbers, memory that was never set',
        });
    }
  } finally {
    await Promise.all([compiled.close(), interpreted?.close()]);
  }
}

function problemOf({ name, expected, content }: Case, outcome: Outcome): string | undefined {
  if (expected === undefined)
    return `beside ${name}.in there must be one of ${KINDS.map((kind) => `.${kind}`).join(', ')}`;
  if (expected === 'err') {
    const words = content.toString().trim();
    if (words === '') return `${name}.err is empty: write some words of the reason into it`;
    const isRefused = outcome.code?.startsWith('ERR_FUNCTION_INPUT') && outcome.bytes.includes(words);
    return isRefused ? undefined : `it must be refused with "${words}", and is ${describe(outcome)}`;
  }
  if (outcome.code !== undefined) return `it must have a result, and is ${describe(outcome)}`;
  if (expected === 'out')
    return outcome.bytes.equals(content)
      ? undefined
      : `the result of ${outcome.bytes.length} bytes is another one than ${name}.out of ${content.length}`;
  return problemOfJson(outcome.bytes, content);
}

function problemOfJson(result: Buffer, content: Buffer): string | undefined {
  try {
    const [actual, wanted]: [unknown, unknown] = [JSON.parse(String(result)), JSON.parse(String(content))];
    return hasAll(actual, wanted)
      ? undefined
      : `the result ${String(result).slice(0, 300)} has not all of ${String(content).slice(0, 300)}`;
  } catch (error) {
    return `the result is no JSON: ${error instanceof Error ? error.message : error}`;
  }
}

/** Whether a value has all that is wanted; what it has beside that is nobody's matter. */
function hasAll(actual: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return actual === wanted;
  if (typeof actual !== 'object' || actual === null) return false;
  return Object.entries(wanted).every(([key, value]) => hasAll(Reflect.get(actual, key), value));
}
