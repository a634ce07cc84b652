/** Counts by name, for the report of a long test. */
export class Tally {
  readonly #counts = new Map<string, number>();

  /** Counts one. */
  add(name: string): void {
    this.#counts.set(name, this.count(name) + 1);
  }

  /** How many there are of one. */
  count(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** How many there are of all. */
  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** All counts in one line, the largest first. */
  toString(): string {
    return [...this.#counts]
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => `${name}: ${count}`)
      .join(', ');
  }
}
