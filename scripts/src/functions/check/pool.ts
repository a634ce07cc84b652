import { commandOf } from '@app/function-manifest';
import type { FunctionPool, InstanceSource } from '@app/wasmedge-node';
import { parts } from '../../paths.js';
import type { Subject } from './subject.js';

/** Where the instances of a subject come from, as its service has them: its compiled code, or its module interpreted. */
export async function sourceOf(subject: Subject, { interpreted = false } = {}): Promise<InstanceSource> {
  const { forkInstances } = await import('@app/wasmedge-node');
  const { runtime, limits, kind } = subject;
  const { module, compiled } = subject;
  const command = commandOf(subject, {
    runtime: { ...runtime, ...(interpreted && { runArguments: [] }) },
    pluginFolder: parts.plugins,
    file: interpreted ? module : compiled,
  });
  return forkInstances(command, {
    kind,
    verify: async () => {},
    cpuSeconds:
      Math.ceil(limits.timeoutMs / 1000) *
      subject.requestsPerInstance *
      (interpreted ? INTERPRETED_FACTOR : 1),
    startTimeoutMs: 60_000,
    log: () => {},
  });
}

/** So much longer may interpreted code take. */
const INTERPRETED_FACTOR = 20;

/** A pool that runs one request at a time, each in a new instance unless it says more. */
export async function poolOf(
  subject: Subject,
  {
    interpreted = false,
    requestsPerInstance = 1,
    source,
  }: { interpreted?: boolean; requestsPerInstance?: number; source?: InstanceSource } = {},
): Promise<FunctionPool> {
  const { FunctionPool } = await import('@app/wasmedge-node');
  const { timeoutMs, outputBytes } = subject.limits;
  return new FunctionPool({
    source: source ?? (await sourceOf(subject, { interpreted })),
    instances: 1,
    requestsPerInstance,
    retireAboveBytes: Number.POSITIVE_INFINITY,
    queueLimit: 1000,
    timeoutMs: timeoutMs * (interpreted ? INTERPRETED_FACTOR : 1),
    maxOutputBytes: outputBytes,
  });
}

/** What came of one request. */
export interface Outcome {
  /** The code of the error; `undefined` for a result. */
  readonly code: string | undefined;
  /** The result, or the message of the error. */
  readonly bytes: Buffer;
}

/** Runs one request; what the function does wrong is an outcome, too. */
export async function outcomeOf(pool: FunctionPool, input: Uint8Array): Promise<Outcome> {
  const { FunctionError } = await import('@app/wasmedge-node');
  try {
    return { code: undefined, bytes: await pool.run(input) };
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    return { code: error.code, bytes: Buffer.from(error.message) };
  }
}

/** An outcome in words. */
export function describe({ code, bytes }: Outcome): string {
  return code === undefined ? `a result of ${bytes.length} bytes` : `${code}: ${bytes}`;
}
