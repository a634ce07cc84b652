import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { builtFunction, type FunctionDescription, readFunctions } from '@app/function-manifest';
import type { FunctionKind } from '@app/wasmedge-node';
import { runtimeFolder } from '../paths.js';
import { messageOf } from '../setup/errors.js';
import { madeProduct } from '../setup/step.js';
import { inWords } from './builders/index.js';
import { functionStep } from './steps.js';

/** One function, as `npm run list` tells of it; what its manifest says is `null` if that is wrong. */
export interface ListedFunction {
  readonly name: string;
  /** `null` before it is built. */
  readonly kind: FunctionKind | null;
  readonly app: string | null;
  readonly build: string | null;
  readonly limits: FunctionDescription['limits'] | null;
  readonly built: boolean;
  /** Why it is not built, with the remedy. */
  readonly problem: string | null;
}

/** Every function by name, those whose function.yaml is wrong with what is wrong. */
export async function listFunctions(): Promise<ListedFunction[]> {
  const { functions, problems } = await readFunctions();
  const rows = await Promise.all(functions.map(rowOf));
  const unknown = { kind: null, app: null, build: null, limits: null, built: false };
  const wrong = problems.map(({ function: name, message }) => ({ name, ...unknown, problem: message }));
  return [...rows, ...wrong].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function rowOf(described: FunctionDescription): Promise<ListedFunction> {
  const { name, app, build, limits } = described;
  const problem = await problemOf(described);
  return {
    name,
    kind: problem === null ? await kindOf(name) : null,
    app,
    build: inWords(build),
    limits,
    built: problem === null,
    problem,
  };
}

async function problemOf(described: FunctionDescription): Promise<string | null> {
  try {
    if ((await madeProduct(functionStep(described), runtimeFolder)) !== undefined) return null;
  } catch (error) {
    const message = messageOf(error);
    if (message === undefined) throw error;
    return message;
  }
  return existsSync(builtFunction(described.name).record)
    ? 'changed since it was built: npm run setup'
    : `not built yet, or it failed: npm run check -- ${described.name}`;
}

async function kindOf(name: string): Promise<FunctionKind> {
  const { checkImports, kindOf } = await import('@app/wasmedge-node');
  const { module } = builtFunction(name);
  return kindOf(await checkImports(await readFile(module), module));
}

/** Rows below each other, columns as wide as their longest word. */
export function toTable(functions: readonly ListedFunction[]): string {
  const heading = ['NAME', 'KIND', 'APP', 'BUILD', 'LIMITS', 'STATE'];
  const rows = functions.map(({ name, kind, app, build, limits, problem }) => [
    name,
    kind ?? '?',
    app ?? '?',
    build ?? '?',
    limits === null ? '?' : inShort(limits),
    problem?.split('\n')[0] ?? 'built',
  ]);
  const lines = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((word, column) => word.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function inShort({ memoryPages, timeoutMs, inputBytes }: FunctionDescription['limits']): string {
  return `${Math.round(memoryPages / 16)} MiB, ${timeoutMs / 1000} s, input ${+(inputBytes / 1024 ** 2).toPrecision(2)} MiB`;
}
