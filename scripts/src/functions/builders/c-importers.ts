import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ModuleImport } from '@app/wasmedge-node';

/** Functions of wasi-libc, and what they import that a function may not have (its `sources/accept-wasip1.c`, `recv.c`, …). */
const OF_LIBC: ReadonlyMap<string, string> = new Map([
  ['accept', 'sock_accept'],
  ['accept4', 'sock_accept'],
  ['recv', 'sock_recv'],
  ['send', 'sock_send'],
  ['shutdown', 'sock_shutdown'],
]);

/**
 * Finds where C sources ask for imports: the object of each file names what it does not define, its own imports among that.
 *
 * @param folder the function's
 * @param sources relative to it
 * @param compile compiles one of them alone, and returns the object's path
 * @returns a few words each, such as `net/talk.c:12 (recv)`
 */
export async function importersInC(
  folder: string,
  sources: readonly string[],
  imports: readonly ModuleImport[],
  compile: (source: string) => Promise<string>,
): Promise<string[]> {
  const { importsOf } = await import('@app/wasmedge-node');
  const found: string[] = [];
  for (const source of sources) {
    const wanted = await importsOf(await readFile(await compile(source)), source);
    for (const { module, name } of wanted) {
      const imported = module === 'env' ? (OF_LIBC.get(name) ?? name) : name;
      if (!imports.some((each) => each.name === imported)) continue;
      const text = await readFile(path.join(folder, source), 'utf8');
      found.push(`${source}${lineOf(text, name)} (${name})`);
    }
  }
  return found;
}

/** The first line that has a word outside of an `#include`, as `:12`; nothing if a macro or a header makes it. */
function lineOf(text: string, word: string): string {
  const pattern = new RegExp(`\\b${word.replaceAll(/\W/g, '\\$&')}\\b`);
  const index = text
    .split('\n')
    .findIndex((line) => !/^\s*(#\s*include|\/\/)/.test(line) && pattern.test(line));
  return index < 0 ? '' : `:${index + 1}`;
}
