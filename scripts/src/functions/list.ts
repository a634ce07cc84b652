import { readFile } from 'node:fs/promises';
import { builtFunction, type FunctionDescription, readFunctions } from '@app/function-manifest';
import { runtimeFolder } from '../paths.js';
import { madeProduct } from '../setup/step.js';
import { functionStep } from './steps.js';

/** One function, as `npm run list` tells of it. */
export interface ListedFunction {
  readonly name: string;
  readonly app: string;
  /** `filter` or `serve`; `?` before it is built. */
  readonly kind: string;
  readonly build: string;
  readonly limits: string;
  readonly state: string;
}

/** Every function by name, those whose function.yaml is wrong with what is wrong. */
export async function listFunctions(): Promise<ListedFunction[]> {
  const { functions, problems } = await readFunctions();
  const rows = await Promise.all(functions.map(rowOf));
  const wrong = problems.map(({ function: name, message }) => ({
    name,
    app: '?',
    kind: '?',
    build: '?',
    limits: '?',
    state: message,
  }));
  return [...rows, ...wrong].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function rowOf(described: FunctionDescription): Promise<ListedFunction> {
  const { name, app, build, limits } = described;
  const isBuilt = (await madeProduct(functionStep(described), runtimeFolder)) !== undefined;
  return {
    name,
    app,
    kind: isBuilt ? await kindOf(name) : '?',
    build: typeof build === 'string' ? build : 'run' in build ? build.run.join(' ') : build.wasm,
    limits: `${Math.round(limits.memoryPages / 16)} MiB, ${limits.timeoutMs / 1000} s`,
    state: isBuilt ? 'built' : 'not built, or changed since: npm run setup',
  };
}

async function kindOf(name: string): Promise<string> {
  const { checkImports, kindOf } = await import('@app/wasmedge-node');
  const { module } = builtFunction(name);
  return kindOf(await checkImports(await readFile(module), module));
}

/** Rows below each other, columns as wide as their longest word. */
export function toTable(rows: readonly ListedFunction[]): string {
  const columns = ['name', 'app', 'kind', 'build', 'limits', 'state'] as const;
  const lines = [Object.fromEntries(columns.map((column) => [column, column.toUpperCase()])), ...rows];
  const widths = columns.map((column) => Math.max(...lines.map((line) => String(line[column]).length)));
  return lines
    .map((line) =>
      columns
        .map((column, at) => String(line[column]).padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
