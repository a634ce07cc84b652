import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { WriteStream } from 'node:tty';
import type { LogFile } from './log-file.js';
import { View } from './terminal/view.js';

/** A line without end is cut into pieces of this many characters. */
const MAX_LINE_CHARACTERS = 65_536;
const COLOURS = [36, 33, 35, 32, 34, 31];

/** How lines are shown: as they are written, or to a person (terminal/view.ts): in brief, or all. */
export type Shown = 'raw' | 'brief' | 'all';

/** Writes the lines of several processes to one stream, each behind its process's name. */
export class Output {
  readonly #stream: Writable;
  readonly #colours: boolean;
  readonly #prefixes: Map<string, string>;
  readonly #view: View | undefined;
  #drained: Promise<unknown> | undefined;

  /** @param names of all that write, so that their lines stand in one column */
  constructor(stream: Writable, names: string[], shown: Shown = 'raw') {
    this.#stream = stream;
    this.#colours = showsColours(stream, shown);
    const width = Math.max(...names.map((name) => name.length));
    this.#prefixes = new Map(names.map((name, i) => [name, this.#colour(`${name.padEnd(width)} |`, i)]));
    this.#view =
      shown === 'raw'
        ? undefined
        : new View({
            verbose: shown === 'all',
            colours: this.#colours,
            names,
            write: (name, line) => this.line(name, line),
          });
  }

  /** Writes one line behind the name of who says it. */
  line(name: string, text: string): void {
    void this.#write(this.#behind(name, text));
  }

  /**
   * Copies a process's output line by line until it ends, no faster than it can be written.
   *
   * @param logFile takes it as it is, too, or alone
   */
  async copy(name: string, source: Readable, logFile?: LogFile): Promise<void> {
    const decoder = new StringDecoder('utf8');
    let rest = '';
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
      if (lines.length > 0) await this.#show(name, lines);
    }
    if (rest !== '') await this.#show(name, [rest]);
    this.#view?.end(name);
  }

  async #show(name: string, lines: readonly string[]): Promise<void> {
    if (this.#view === undefined) return this.#write(lines.map((line) => this.#behind(name, line)).join(''));
    for (const line of lines) this.#view.take(name, line);
    await this.#drained;
  }

  #behind(name: string, text: string): string {
    return `${this.#prefixes.get(name) ?? `${name} |`} ${text}\n`;
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

/** Whether colours are wanted: https://nodejs.org/api/tty.html#writestreamhascolorscount-env knows of NO_COLOR and FORCE_COLOR. */
function showsColours(stream: Writable, shown: Shown): boolean {
  // What a program reads is never coloured by force.
  if (shown !== 'raw' && process.env.FORCE_COLOR !== undefined) return WriteStream.prototype.hasColors();
  return 'hasColors' in stream && typeof stream.hasColors === 'function' && stream.hasColors() === true;
}
