import type { FunctionKind } from './instance.js';

/** Something that a module imports. */
export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  readonly kind: string;
}

/** The part of Node's WebAssembly that is used here; its types come only with those of a browser. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  Module: { imports(module: object): ModuleImport[] };
};

/** A module imports what a function may not have. */
export class ImportsError extends Error {
  override readonly name = 'ImportsError';
  readonly code = 'ERR_FUNCTION_IMPORTS';
  /** What that is; nothing if it is no module. */
  readonly refused: readonly ModuleImport[];

  constructor(message: string, { refused = [], ...options }: ErrorOptions & { refused?: ModuleImport[] }) {
    super(message, options);
    this.refused = refused;
  }
}

/**
 * What a function may import.
 *
 * `wasi_snapshot_preview1`: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md without
 * `sock_*`, because WasmEdge opens the host's network to them, and without `proc_raise`. Files are held back by
 * the folders that are given. Of WasmEdge's own modules none: `wasi:logging/logging`, for one, writes to any path.
 */
const ALLOWED: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    wasi_snapshot_preview1: `
      args_get args_sizes_get environ_get environ_sizes_get clock_res_get clock_time_get
      fd_advise fd_allocate fd_close fd_datasync fd_fdstat_get fd_fdstat_set_flags fd_fdstat_set_rights
      fd_filestat_get fd_filestat_set_size fd_filestat_set_times fd_pread fd_prestat_get fd_prestat_dir_name
      fd_pwrite fd_read fd_readdir fd_renumber fd_seek fd_sync fd_tell fd_write
      path_create_directory path_filestat_get path_filestat_set_times path_link path_open path_readlink
      path_remove_directory path_rename path_symlink path_unlink_file
      poll_oneoff proc_exit random_get sched_yield`,
    wasi_ephemeral_nn: 'load load_by_name init_execution_context set_input compute get_output',
    wasm_function: 'accept',
  }).map(([module, names]) => [module, new Set(names.trim().split(/\s+/))]),
);

/**
 * Checks that a module imports nothing but functions that a function may call.
 *
 * @param wasm the module's bytes
 * @param name what to call it in the message
 * @returns the names of the modules that it imports from
 * @throws ImportsError naming each import that is not allowed, or that `wasm` is no module
 */
export async function checkImports(wasm: Uint8Array, name: string): Promise<ReadonlySet<string>> {
  const imports = await importsOf(wasm, name);
  const refused = imports.filter(
    (entry) => entry.kind !== 'function' || !ALLOWED.get(entry.module)?.has(entry.name),
  );
  if (refused.length === 0) return new Set(imports.map((entry) => entry.module));
  const list = refused.map((entry) => `${entry.module}.${entry.name}`).join(', ');
  throw new ImportsError(
    `${name} imports what a function may not have: ${list}. Allowed are WASI preview 1 without sockets, wasi_ephemeral_nn and wasm_function.accept.`,
    { refused },
  );
}

/**
 * All that a module imports, or an object file of one.
 *
 * @param wasm its bytes
 * @param name what to call it in the message
 * @throws ImportsError if `wasm` is no module
 */
export async function importsOf(wasm: Uint8Array, name: string): Promise<readonly ModuleImport[]> {
  const module = await WebAssembly.compile(wasm).catch((cause: Error) => {
    throw new ImportsError(`${name} is not a WebAssembly module: ${cause.message}`, { cause });
  });
  return WebAssembly.Module.imports(module);
}

/** The kind of a function whose module imports from these modules. */
export function kindOf(modules: ReadonlySet<string>): FunctionKind {
  return modules.has('wasm_function') ? 'serve' : 'filter';
}
