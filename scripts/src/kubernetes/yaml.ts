/** A value of YAML in one line: JSON is YAML, and needs no thought about what has to be quoted. */
export function inline(value: unknown): string {
  return JSON.stringify(value);
}

/** Lines, each with so many spaces before it. */
export function indented(spaces: number, lines: readonly string[]): string {
  return lines.map((line) => `${' '.repeat(spaces)}${line}`).join('\n');
}

/** A mapping, a line for each key. */
export function mapping(entries: Readonly<Record<string, string>>): string[] {
  return Object.entries(entries).map(([key, value]) => `${key}: ${value}`);
}
