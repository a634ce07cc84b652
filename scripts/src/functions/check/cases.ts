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

/** How much is shown of a value that is not as it should be, in characters. */
const MAX_SHOWN = 100;

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
  const wanted = parse(content);
  if (wanted === undefined) return 'what it must answer is no JSON';
  const actual = parse(result);
  if (actual === undefined) return `the result of ${result.length} bytes is no JSON`;
  return difference(actual, wanted);
}

function parse(json: Buffer): unknown {
  try {
    return JSON.parse(String(json));
  } catch {
    return undefined;
  }
}

/** The first value that is wanted and not there, in words; what there is beside that is nobody's matter. */
function difference(actual: unknown, wanted: unknown, at = 'the result'): string | undefined {
  if (typeof wanted !== 'object' || wanted === null)
    return actual === wanted ? undefined : `${at} must be ${inShort(wanted)}, and is ${inShort(actual)}`;
  if (typeof actual !== 'object' || actual === null)
    return `${at} must be ${inShort(wanted)}, and is ${inShort(actual)}`;
  for (const [key, value] of Object.entries(wanted)) {
    const found = difference(Reflect.get(actual, key), value, at === 'the result' ? key : `${at}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function inShort(value: unknown): string {
  const text = JSON.stringify(value) ?? 'not there';
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
