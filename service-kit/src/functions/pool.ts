import {
  checkSandbox,
  FunctionError,
  FunctionPool,
  findRuntime,
  forkInstances,
  verifyChecksums,
  verifyFunction,
} from '@app/wasmedge-node';
import type { Logger } from 'pino';
import type { FunctionConfig } from './function-settings.js';

/** What a function gets from its service beside its input. */
export interface FunctionGrants {
  readonly logger: Logger;
  /** Folders that the guest may read: guest path to host path. */
  readonly folders?: Readonly<Record<string, string>>;
}

/** Loading a function and its model takes well below a second; a busy machine may need more. */
const START_TIMEOUT_MS = 30_000;

/** What the guest kit takes unless told otherwise, in bytes. */
const DEFAULT_MAX_INPUT = 64 * 1024 ** 2;

/**
 * Answers are at most this long, in bytes: a grey 16-bit picture of MAX_PIXELS with transparency, not compressed, has four
 * for each pixel and one for each row.
 */
const outputLimit = ({ MAX_PIXELS }: FunctionConfig) => MAX_PIXELS * 5 + 1024 ** 2;

/**
 * Opens the pool of a service's function and waits until its first instance is ready.
 *
 * @throws RuntimeError, CompileError, ImportsError, ChecksumError when WasmEdge, the function, a plug-in or a file of a
 *   folder is not there or not the right one
 * @throws SandboxError when the kernel does not hold the function
 * @throws FunctionError with what the function said when it does not start
 */
export async function openFunction(config: FunctionConfig, grants: FunctionGrants): Promise<FunctionPool> {
  const { folders = {}, logger } = grants;
  const runtime = await findRuntime(config.WASMEDGE, config.WASMEDGE_PLUGIN_PATH);
  const maxInput = Math.max(config.MAX_UPLOAD_BYTES, DEFAULT_MAX_INPUT);
  const command = {
    wasmedge: runtime.wasmedge,
    runArguments: runtime.runArguments,
    file: config.FUNCTION,
    folders,
    environment: { MAX_PIXELS: String(config.MAX_PIXELS), WASM_FUNCTION_MAX_INPUT: String(maxInput) },
    memoryPages: config.MEMORY_PAGES,
    pluginFolder: config.WASMEDGE_PLUGIN_PATH,
  };
  const verify = async () => {
    const kind = await verifyFunction(runtime, config.FUNCTION, config.WASMEDGE_PLUGIN_PATH);
    for (const folder of [config.WASMEDGE_PLUGIN_PATH, ...Object.values(folders)])
      await verifyChecksums(folder);
    return kind;
  };
  let isOpen = false;
  const source = forkInstances(command, {
    kind: await verify(),
    verify: async () => {
      try {
        await verify();
      } catch (error) {
        // A sidecar sends an unhealthy service no requests, whose lines would say why; a failed start says so itself.
        if (isOpen) logger.error({ err: error }, 'the function cannot be started again');
        throw error;
      }
    },
    cpuSeconds: Math.ceil(config.TIMEOUT_MS / 1000) * config.REQUESTS_PER_INSTANCE,
    startTimeoutMs: START_TIMEOUT_MS,
    log: (line) => logger.warn({ line }, 'the function wrote to stderr'),
  });
  const sandbox = await checkSandbox(source).catch(async (error: unknown) => {
    await source.close();
    throw error instanceof FunctionError ? withFolders(error, folders) : error;
  });
  const pool = new FunctionPool({
    source,
    instances: config.INSTANCES,
    requestsPerInstance: config.REQUESTS_PER_INSTANCE,
    retireAboveBytes: config.RETIRE_ABOVE_BYTES,
    queueLimit: config.QUEUE_LIMIT,
    timeoutMs: config.TIMEOUT_MS,
    maxOutputBytes: outputLimit(config),
  });
  await pool.ready().catch(async (error: unknown) => {
    await pool.close();
    throw error;
  });
  isOpen = true;
  const { wasmedge, version } = runtime;
  const facts = { function: config.FUNCTION, instances: config.INSTANCES, wasmedge, version };
  logger.info({ ...facts, sandbox: `imports checked, ${sandbox}` }, 'function ready');
  return pool;
}

/** The function names files by the folders that it sees. */
function withFolders(error: FunctionError, folders: Readonly<Record<string, string>>): FunctionError {
  const seen = Object.entries(folders).map(([guest, host]) => `. Its ${guest} is ${host}`);
  return new FunctionError(error.code, `${error.message}${seen.join('')}`, { cause: error });
}
