const MAX_LINES = 20;

/** The last lines of all that something wrote, for the message of how it ended. */
export class LastLines {
  readonly #lines: string[] = [];

  push(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
  }

  /** How it ended, and behind that what it said. */
  after(how: string): string {
    return [how, ...this.#lines].join(': ');
  }
}
