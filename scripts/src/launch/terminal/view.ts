import { entryOf, isRequest, isStderr } from './entry.js';
import { isHidden } from './hidden-lines.js';
import { Requests } from './requests.js';
import { Text } from './text.js';

/** What a view is made with. */
export interface ViewOptions {
  /** Whether every line is shown, with all that it says, as it comes. */
  readonly verbose: boolean;
  readonly colours: boolean;
  /** The ids of the apps. */
  readonly names: readonly string[];
  readonly write: (name: string, line: string) => void;
}

/**
 * Shows to a person what apps and sidecars write: a line a request, what went wrong, and nothing that goes without
 * saying. A line that is not understood is shown as it is.
 */
export class View {
  readonly #options: ViewOptions;
  readonly #text: Text;
  readonly #requests: Requests;

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#text = new Text(options.colours);
    this.#requests = new Requests(this.#text, (name) => options.names.includes(name), options.write);
  }

  /** Takes a line of a process; `write` gets what is to be shown of it, now or when the rest of its request is known. */
  take(name: string, line: string): void {
    for (const shown of this.#shown(name, line)) this.#options.write(name, shown);
  }

  /** Says that a process has ended: what waits for its lines is shown. */
  end(name: string): void {
    this.#requests.end(name);
  }

  /** What is to be shown of a line now. */
  #shown(name: string, line: string): readonly string[] {
    const { verbose } = this.#options;
    const { from, entry } = entryOf(line) ?? {};
    if (entry === undefined || from === undefined || (verbose && from === 'daprd')) return [line];
    if (verbose) return this.#text.full(entry);
    if (isHidden(from, entry)) return [];
    if (entry.traceId !== undefined && (isRequest(entry) || isStderr(entry))) {
      this.#requests.take(name, entry.traceId, entry);
      return [];
    }
    return isStderr(entry) ? [this.#text.stderr(entry)] : this.#text.brief(entry);
  }
}
