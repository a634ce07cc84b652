/**
 * What functions in JavaScript find beside the language itself, for editors: see `include` in their tsconfig.json. There is
 * no file, no network, no timer, and nothing of Node's.
 */

/** Writes a line to stderr, which is the service's log. */
declare const console: Record<'log' | 'info' | 'debug' | 'warn' | 'error', (...values: unknown[]) => void>;

declare class TextEncoder {
  readonly encoding: 'utf-8';
  encode(text?: string): Uint8Array<ArrayBuffer>;
}

/** Of whole texts in UTF-8. */
declare class TextDecoder {
  constructor(
    label?: 'utf-8' | 'utf8',
    options?: {
      /** Throw a TypeError for what is not UTF-8, in place of U+FFFD. */
      fatal?: boolean;
      /** Leave a byte order mark where it is. */
      ignoreBOM?: boolean;
    },
  );
  readonly encoding: 'utf-8';
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: ArrayBuffer | ArrayBufferView): string;
}

declare const crypto: {
  /** Fills it with bytes that nobody can guess. */
  getRandomValues<T extends ArrayBufferView>(array: T): T;
};

/** Milliseconds of a clock that only goes forward. */
declare const performance: { now(): number };

declare function atob(base64: string): string;
declare function btoa(latin1: string): string;
declare function queueMicrotask(callback: () => void): void;
