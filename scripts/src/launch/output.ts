import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { LogFile } from './log-file.js';

/** A line without end is cut into pieces of this many characters. */
const MAX_LINE_CHARACTERS = 65_536;
const COLOURS = [36, 33, 35, 32, 34, 31];

/** Writes the lines of several processes to one stream, each behind its process's name. */
export class Output {
  readonly #stream: Writable;
  readonly #colours: boolean;
  readonly #prefixes: Map<string, string>;
  #drained: Promise<unknown> | undefined;

  /** @param names of all that write, so that their lines stand in one column */
  constructor(stream: Writable, names: string[]) {
    this.#stream = stream;
    // hasColors exists on terminals alone, and knows of NO_COLOR and FORCE_COLOR.
    this.#colours =
      'hasColors' in stream && typeof stream.hasColors === 'function' && stream.hasColors() === true;
    const width = Math.max(...names.map((name) => name.length));
    this.#prefixes = new Map(names.map((name, i) => [name, this.#colour(`${name.padEnd(width)} |`, i)]));
  }

  /** Writes one line behind the name of who says it. */
  line(name: string, text: string): void {
    void this.#write(`${this.#prefixes.get(name) ?? `${name} |`} ${text}\n`);
  }

  /**
   * Copies a process's output line by line until it ends, no faster than it can be written.
   *
   * @param logFile takes it as it is, too, or alone
   */
  async copy(name: string, source: Readable, logFile?: LogFile): Promise<void> {
    const prefix = `${this.#prefixes.get(name) ?? `${name} |`} `;
    const decoder = new StringDecoder('utf8');
    let rest = '';
    const flush = (lines: string[]) => this.#write(lines.map((line) => `${prefix}${line}\n`).join(''));
    for await (const chunk of source) {
      await logFile?.write(chunk);
      if (logFile?.alone) continue;
      rest += Buffer.isBuffer(chunk) ? decoder.write(chunk) : String(chunk);
      const lines = rest.split(/\r?\n/);
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE_CHARACTERS) {
        lines.push(rest);
        rest = '';
      }
      if (lines.length > 0) await flush(lines);
    }
    if (rest !== '') await flush([rest]);
  }

  #colour(text: string, index: number): string {
    return this.#colours ? `\x1b[${COLOURS[index % COLOURS.length]}m${text}\x1b[39m` : text;
  }

  async #write(text: string): Promise<void> {
    if (this.#stream.destroyed || this.#stream.write(text)) return;
    // One listener for all writers. If the stream fails there is no reader left.
    this.#drained ??= once(this.#stream, 'drain')
      .catch(() => undefined)
      .finally(() => {
        this.#drained = undefined;
      });
    await this.#drained;
  }
}
