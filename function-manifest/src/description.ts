import type { Language } from './languages.js';

/** How a module is made: as its language is, by a command of the function's own, or not at all, as it is there already. */
export type OwnBuild =
  | Language
  | { readonly run: readonly string[]; readonly wasm: string }
  | { readonly wasm: string };

/** Where a function's program comes from: from its own folder, or from another function, which has one of its own. */
export type Build = OwnBuild | { readonly function: FunctionDescription };

/** What a `function.yaml` says of its function, with all defaults filled in: docs/settings.md has each key. */
export interface FunctionDescription {
  /** The folder's name, a DNS label. */
  readonly name: string;
  /** The function's folder, absolute. */
  readonly folder: string;
  readonly title: string;
  /** Its `wasm` is relative to the function's folder, and lies in it. */
  readonly build: Build;
  /** The id of the Dapr app that serves it. */
  readonly app: string;
  /** Media ranges (RFC 9110, section 12.5.1) that it takes. */
  readonly accepts: readonly string[];
  /** The media type of its answers; `undefined` if their first bytes tell. */
  readonly returns: string | undefined;
  readonly limits: {
    /** Memory of one instance, in pages of 64 KiB. */
    readonly memoryPages: number;
    readonly timeoutMs: number;
    readonly inputBytes: number;
    readonly outputBytes: number;
    /** Of a picture, of an animation all frames together. */
    readonly pixels: number;
  };
  /** Guest path to absolute host path: folders that its instances may read. */
  readonly folders: Readonly<Record<string, string>>;
  /** WasmEdge's plug-ins that its module imports from. */
  readonly plugins: readonly string[];
  /** How many requests it works on at once; `undefined` for as many as there are processors for it. */
  readonly instances: number | undefined;
  /** How many requests may wait for an instance. */
  readonly queue: number;
  readonly requestsPerInstance: number;
  readonly env: Readonly<Record<string, string>>;
}
