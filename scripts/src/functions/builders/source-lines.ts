import { readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * Where a file has lines that match.
 *
 * @param pattern its first group is what the line asks for
 * @param folder what the file is named relative to
 * @returns a few words each, such as `main.go:7 (net/http)`
 */
export async function linesOf(file: string, pattern: RegExp, folder: string): Promise<string[]> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  return lines.flatMap((line, index) => {
    const [, what] = pattern.exec(line.trimEnd()) ?? [];
    return what === undefined ? [] : [`${path.relative(folder, file)}:${index + 1} (${what})`];
  });
}

/** A pattern of just this text. */
export function literal(text: string): string {
  return text.replaceAll(/[^\w/]/g, '\\$&');
}
