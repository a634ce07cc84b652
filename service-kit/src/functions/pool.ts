import { builtFunction, commandOf } from '@app/function-manifest';
import {
  checkSandbox,
  FunctionError,
  FunctionPool,
  forkInstances,
  type Optimisation,
  processInstances,
  type Runtime,
  verifyChecksums,
  verifyFunction,
} from '@app/wasmedge-node';
import type { Logger } from 'pino';
import { STDERR_MESSAGE } from '../process/messages.js';
import { openCode } from './code.js';
import type { FunctionConfig, RunnableFunction } from './settings.js';

/** Loading a function and its model takes well below a second; a busy machine may need more. */
const START_TIMEOUT_MS = 30_000;

/** What is said of the kernel's sandbox where there is none. */
export const NO_SANDBOX = "INSTANCE_KIND=process: the kernel's sandbox is missing";

/**
 * Opens the pool of one function and waits until its first instance is ready.
 *
 * @param found the WasmEdge that runs all functions of the service
 * @returns also how much its code is optimised
 * @throws RuntimeError, CompileError, ImportsError, ChecksumError when WasmEdge, the function, a plug-in or a file of a
 *   folder is not there or not the right one
 * @throws SandboxError when the kernel does not hold the function; not asked of a process
 * @throws FunctionError with what the function said when it does not start
 */
export async function openFunction(
  description: RunnableFunction,
  config: FunctionConfig,
  logger: Logger,
  found: Promise<Runtime>,
): Promise<{ pool: FunctionPool; optimisation: Optimisation }> {
  const { folders, instances, limits, requestsPerInstance } = description;
  const runtime = await found;
  const verify = async (file: string) => {
    const verified = await verifyFunction(runtime, file, config.WASMEDGE_PLUGIN_PATH);
    for (const folder of [config.WASMEDGE_PLUGIN_PATH, ...Object.values(folders)])
      await verifyChecksums(folder);
    return verified;
  };
  const built = config.FUNCTION ?? builtFunction(description.name).compiled;
  const { file, verified, remove } = await openCode(built, verify, { config, runtime, logger });
  const { kind, optimisation, cpu } = verified;
  const command = commandOf(description, { runtime, pluginFolder: config.WASMEDGE_PLUGIN_PATH, file });
  let isOpen = false;
  /** Takes what an instance writes that has no request. */
  const log = (line: string) => logger.warn({ line }, STDERR_MESSAGE);
  const instancesOf =
    config.INSTANCE_KIND === 'process'
      ? processInstances(command, { startTimeoutMs: START_TIMEOUT_MS, log })
      : forkInstances(command, {
          kind,
          verify: async () => {
            try {
              await verify(file);
            } catch (error) {
              // A sidecar sends an unhealthy service no requests, whose lines would say why; a failed start says so itself.
              if (isOpen) logger.error({ err: error }, 'the function cannot be started again');
              throw error;
            }
          },
          cpuSeconds: Math.ceil(limits.timeoutMs / 1000) * requestsPerInstance,
          startTimeoutMs: START_TIMEOUT_MS,
          log,
        });
  const source = {
    ...instancesOf,
    close: async () => {
      await instancesOf.close();
      await remove();
    },
  };
  const isConfined = config.INSTANCE_KIND === 'fork';
  const checking = isConfined ? checkSandbox(source) : Promise.resolve(NO_SANDBOX);
  const sandbox = await checking.catch(async (error: unknown) => {
    await source.close();
    throw error instanceof FunctionError ? withFolders(error, folders) : error;
  });
  const pool = new FunctionPool({
    source,
    instances,
    requestsPerInstance,
    retireAboveBytes: config.RETIRE_ABOVE_BYTES,
    queueLimit: description.queue,
    timeoutMs: limits.timeoutMs,
    maxOutputBytes: limits.outputBytes,
  });
  await pool.ready().catch(async (error: unknown) => {
    await pool.close();
    throw error;
  });
  isOpen = true;
  const { wasmedge, version } = runtime;
  const facts = {
    file,
    kind,
    optimisation,
    cpu,
    instances,
    wasmedge,
    version,
    sandbox: `imports checked, ${sandbox}`,
  };
  if (isConfined) logger.info(facts, 'function ready');
  else logger.warn(facts, 'function ready, without a sandbox');
  return { pool, optimisation };
}

/** The function names files by the folders that it sees. */
function withFolders(error: FunctionError, folders: Readonly<Record<string, string>>): FunctionError {
  const seen = Object.entries(folders).map(([seen, host]) => `. Its ${seen} is ${host}`);
  return new FunctionError(error.code, `${error.message}${seen.join('')}`, { cause: error });
}
