import type { Ending, InstanceListener } from './instance.js';
import { LastLines } from './last-lines.js';

/** How many lines are kept of a fork that nobody listens to. */
const MAX_UNHEARD = 20;

/** What a parent says of one of its forks. */
export class Fork {
  /** Settles when it is gone. */
  readonly gone: Promise<Ending>;
  readonly #lines = new LastLines();
  #unheard: string[] = [];
  #onLine: InstanceListener['line'] | undefined;
  #end: (ending: Ending) => void = () => {};

  constructor() {
    this.gone = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Passes on its lines, from the first one. */
  listen(onLine: InstanceListener['line']): void {
    this.#onLine = onLine;
    for (const line of this.#unheard) onLine(line);
    this.#unheard = [];
  }

  /** It wrote a line to stderr. */
  said(line: string): void {
    this.#lines.push(line);
    if (this.#onLine !== undefined) this.#onLine(line);
    else if (this.#unheard.length < MAX_UNHEARD) this.#unheard.push(line);
  }

  /** It has ended. */
  ended({ how, exitCode, killed }: Ending): void {
    const isSilent = killed || exitCode === 0;
    this.#end({ how: isSilent ? how : this.#lines.after(how), exitCode, killed });
  }
}

/** The forks of one parent by their pids. The parent may speak of one before its pid is known here. */
export class Forks {
  readonly #known = new Map<number, Fork>();
  /** Kept while there are forks whose pids are not known. */
  readonly #early = new Map<number, Fork>();
  #nameless = 0;
  /** How those ended that were left when the parent ended. */
  #last: Ending | undefined;

  /** Waits for a fork's pid: what the parent says of it. To be called before the fork is there. */
  async watch(pid: Promise<number>): Promise<{ readonly pid: number; readonly fork: Fork }> {
    this.#nameless += 1;
    try {
      const known = await pid;
      const fork = this.#early.get(known) ?? new Fork();
      this.#early.delete(known);
      this.#known.set(known, fork);
      void fork.gone.then(() => this.#forget(known, fork));
      if (this.#last !== undefined) fork.ended(this.#last);
      return { pid: known, fork };
    } finally {
      this.#nameless -= 1;
      // What is left is of forks that nobody will ask for: they ended before they said who they are.
      if (this.#nameless === 0) this.#early.clear();
    }
  }

  /** The fork `pid`, of which the parent speaks; `undefined` if nobody waits for it. */
  get(pid: number): Fork | undefined {
    const known = this.#known.get(pid) ?? this.#early.get(pid);
    if (known !== undefined || this.#nameless === 0) return known;
    const early = new Fork();
    this.#early.set(pid, early);
    return early;
  }

  /** The fork `pid` has ended; the next one of that pid is another. */
  ended(pid: number, ending: Ending): void {
    this.get(pid)?.ended(ending);
    this.#known.delete(pid);
  }

  /** The parent has ended, and all its forks with it. */
  allEnded(ending: Ending): void {
    this.#last = ending;
    for (const fork of this.#known.values()) fork.ended(ending);
  }

  #forget(pid: number, fork: Fork): void {
    if (this.#known.get(pid) === fork) this.#known.delete(pid);
  }
}
