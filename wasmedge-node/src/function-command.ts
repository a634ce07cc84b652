import type { FunctionKind } from './instance.js';

/** A compiled function and what it may use. */
export interface FunctionCommand {
  /** Path of the `wasmedge` executable. */
  readonly wasmedge: string;
  /** Arguments that make this WasmEdge run ahead-of-time compiled code; see `findRuntime`. */
  readonly runArguments: readonly string[];
  /** Path of the function: a compiled `.so`, or a `.wasm` to be interpreted. */
  readonly file: string;
  /** Folders that the function may read: the path that it sees, to the host's. */
  readonly folders: Readonly<Record<string, string>>;
  /** The function's environment; it sees nothing else of the host's. */
  readonly environment: Readonly<Record<string, string>>;
  /** Most memory of the function, in WebAssembly pages of 64 KiB. */
  readonly memoryPages: number;
  /** Folder of WasmEdge's plug-ins, if the function needs any. */
  readonly pluginFolder?: string;
}

/** The command line that runs a function as one of this kind. */
export function commandLine(command: FunctionCommand, kind: FunctionKind): string[] {
  const environment = { ...command.environment, ...(kind === 'serve' && { WASM_FUNCTION_MODE: 'serve' }) };
  return [
    ...command.runArguments,
    '--memory-page-limit',
    String(command.memoryPages),
    ...Object.entries(command.folders).flatMap(([seen, host]) => ['--dir', `${seen}:${host}:readonly`]),
    ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    command.file,
  ];
}

/** Environment of the WasmEdge process itself (the function never sees it). */
export function runtimeEnvironment(command: FunctionCommand): Record<string, string> {
  return command.pluginFolder === undefined ? {} : { WASMEDGE_PLUGIN_PATH: command.pluginFolder };
}
