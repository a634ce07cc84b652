import type { Ending } from './instance.js';

/** A fork whose pid is known. */
export interface NamedFork {
  readonly pid: number;
  /** Settles when it is gone. */
  readonly gone: Promise<Ending>;
}

/** Who waits for the end of which fork. A parent may say that one has ended before its pid is known here. */
export class ForkEndings {
  readonly #waiting = new Map<number, (ending: Ending) => void>();
  /** Kept while there are forks whose pids are not known. */
  readonly #early = new Map<number, Ending>();
  #nameless = 0;
  /** How those ended that were left when the parent ended. */
  #last: Ending | undefined;

  /** Waits for a fork's pid, and from then on for its end. To be called before the fork is there. */
  async watch(pid: Promise<number>): Promise<NamedFork> {
    this.#nameless += 1;
    try {
      const known = await pid;
      return { pid: known, gone: this.#endOf(known) };
    } finally {
      this.#nameless -= 1;
      // What is left is of forks that nobody will ask for: they ended before they said who they are.
      if (this.#nameless === 0) this.#early.clear();
    }
  }

  /** The fork `pid` has ended. */
  ended(pid: number, ending: Ending): void {
    const waiting = this.#waiting.get(pid);
    if (waiting !== undefined) waiting(ending);
    else if (this.#nameless > 0) this.#early.set(pid, ending);
  }

  /** The parent has ended, and all its forks with it. */
  allEnded(ending: Ending): void {
    this.#last = ending;
    for (const waiting of this.#waiting.values()) waiting(ending);
  }

  async #endOf(pid: number): Promise<Ending> {
    const known = this.#early.get(pid) ?? this.#last;
    this.#early.delete(pid);
    if (known !== undefined) return known;
    try {
      return await new Promise<Ending>((resolve) => this.#waiting.set(pid, resolve));
    } finally {
      this.#waiting.delete(pid);
    }
  }
}
