import type { Writable } from 'node:stream';

/** How an instance ended. */
export interface Ending {
  /** What is known about it, for a message. */
  readonly how: string;
  /** Whether it was killed, itself or with its parent, rather than ended by what it did. */
  readonly killed: boolean;
}

/**
 * One running copy of a function, whatever it is made of: a process of its own or a fork.
 *
 * What goes in and what comes out are the frames of `frames.ts`.
 */
export interface Instance {
  /** Its process; nothing where it could not be started. */
  readonly pid: number | undefined;
  readonly input: Writable;
  /** Passes on what it writes, from the first byte. A chunk is good until `onOutput` returns. To be called once. */
  listen(onOutput: (chunk: Buffer) => void): void;
  /** Settles when the instance is gone. */
  readonly gone: Promise<Ending>;
  /** Ends the instance at once; nothing of it is left when `gone` settles. */
  kill(): void;
}

/** Where a pool gets its instances from. */
export interface InstanceSource {
  /** Longest time that an instance may take until it is ready, in ms. */
  readonly startTimeoutMs: number;
  /** Starts one instance; rejects when that cannot be done. A start that fails later shows in its `gone`. */
  start(): Promise<Instance>;
  /** Gives back what the source itself holds, after all its instances are gone. */
  close(): Promise<void>;
}
