import type { FunctionError } from './errors.js';
import { FilterConnection } from './filter-connection.js';
import type { Answer } from './frames.js';
import type { Instance, InstanceSource } from './instance.js';
import { ServeConnection } from './serve-connection.js';

/** Takes a line that an instance wrote to stderr. */
export type Log = (line: string) => void;

/** A connection to one instance: one request at a time, each with its answer. */
export interface Connection {
  /** Settles when the instance is ready for its first request; rejects with a FunctionError if it never is. */
  readonly ready: Promise<void>;
  /** Settles when nothing is left of the instance. */
  readonly gone: Promise<void>;
  /** Requests asked so far. */
  readonly requests: number;
  /** Whether the instance can take no more requests. A filter that has its answer before it is asked can take one. */
  readonly ended: boolean;
  /**
   * Sends one request and waits for its answer. Only one at a time.
   *
   * @param log takes what the instance writes to stderr meanwhile
   * @throws FunctionError `ERR_FUNCTION_TRAPPED` if the instance ends without an answer or breaks the protocol,
   *   `ERR_FUNCTION_UNAVAILABLE` if it is killed
   */
  ask(input: Uint8Array, log: Log): Promise<Answer>;
  /** Memory of the instance, in bytes; 0 where that is not known. */
  memory(): Promise<number>;
  /** Ends the instance at once. */
  kill(): void;
}

/** Who waits for the next thing that an instance says. */
export interface Listener<T> {
  resolve(value: T): void;
  reject(error: FunctionError): void;
}

/** Connects to an instance of a source, in the way of its kind. */
export function connect(source: InstanceSource, instance: Instance, maxOutputBytes: number): Connection {
  return source.kind === 'serve'
    ? new ServeConnection(source, instance, maxOutputBytes)
    : new FilterConnection(source, instance, maxOutputBytes);
}
