import type { Writable } from 'node:stream';

/** How an instance ended. */
export interface Ending {
  /** What is known about it, with the last lines that it wrote to stderr, for a message. */
  readonly how: string;
  /** Its exit code; `undefined` if a signal ended it, or it could not be run. */
  readonly exitCode: number | undefined;
  /** Whether it was killed, itself or with its parent, rather than ended by what it did. */
  readonly killed: boolean;
}

/** The exit code of a program that trapped: the WasmEdge CLI's, and the fork server's. */
export const TRAPPED = 134;

/** What an instance passes on. */
export interface InstanceListener {
  /** Takes what it writes to stdout, from the first byte. A chunk is good until `output` returns. */
  output(chunk: Buffer): void;
  /** Takes each line that it writes to stderr. */
  line(line: string): void;
}

/** One running copy of a function: a process of its own, or a fork. */
export interface Instance {
  /** Its process; `undefined` if it could not be started. */
  readonly pid: number | undefined;
  /** Its stdin. */
  readonly input: Writable;
  /** To be called once. */
  listen(listener: InstanceListener): void;
  /** Settles when the instance is gone and all that it wrote has been passed on. */
  readonly gone: Promise<Ending>;
  /** Ends the instance at once; nothing of it is left when `gone` settles. */
  kill(): void;
}

/**
 * How a function takes its input and gives its answer.
 *
 * - `filter`: one input on stdin up to the end of file, its result on stdout, an exit code.
 * - `serve`: it loads once, calls `accept`, and answers requests in frames (see `frames.ts`).
 */
export type FunctionKind = 'filter' | 'serve';

/** Where a pool gets its instances from. */
export interface InstanceSource {
  readonly kind: FunctionKind;
  /** Longest time that an instance may take until it is ready, in ms. */
  readonly startTimeoutMs: number;
  /** Starts one instance; rejects if that cannot be done. A start that fails later shows in its `gone`. */
  start(): Promise<Instance>;
  /** Takes the lines that instances write to stderr while they have no request. */
  log(line: string): void;
  /** Gives back what the source itself holds, after all its instances are gone. */
  close(): Promise<void>;
}
