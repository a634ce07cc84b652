import { readFile } from 'node:fs/promises';
import { connect } from './connection.js';
import type { InstanceSource } from './instance.js';

/** The list of system calls that a fork may make, and the limit of its memory (see `fork-server/src/seccomp.rs`). */
const FILTERS = 2;

/** The kernel does not hold an instance as it should. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';
  readonly code = 'ERR_FUNCTION_SANDBOX';
}

/** What the kernel holds one instance to; Infinity where there is no limit. */
interface Limits {
  /** Filters of system calls that it has beside those of this process. */
  readonly seccompFilters: number;
  readonly noNewPrivileges: boolean;
  readonly cpuSeconds: number;
  /** Of private memory, what the parent had at the fork included. */
  readonly memoryBytes: number;
  readonly processes: number;
  readonly openFiles: number;
  readonly coreBytes: number;
}

/**
 * What the kernel itself says about the process of an instance that is ready: proc_pid_status(5), proc_pid_limits(5).
 * That a fork is not dumpable cannot be seen from outside by root, so it is not in here.
 */
async function limitsOf(pid: number): Promise<Limits> {
  const [status, ownStatus, limits] = await Promise.all(
    [`/proc/${pid}/status`, '/proc/self/status', `/proc/${pid}/limits`].map((file) => readFile(file, 'utf8')),
  ).catch((cause: Error) => {
    const message = `The kernel does not say how it holds the function (${cause.message}). Let this user see its processes in /proc.`;
    throw new SandboxError(message, { cause });
  });
  const limit = (name: string) => {
    const value = new RegExp(`^${name} +(\\S+)`, 'm').exec(limits ?? '')?.[1];
    return value === undefined || value === 'unlimited' ? Number.POSITIVE_INFINITY : Number(value);
  };
  return {
    seccompFilters: field(status, 'Seccomp_filters') - field(ownStatus, 'Seccomp_filters'),
    noNewPrivileges: field(status, 'NoNewPrivs') === 1,
    cpuSeconds: limit('Max cpu time'),
    memoryBytes: limit('Max data size'),
    processes: limit('Max processes'),
    openFiles: limit('Max open files'),
    coreBytes: limit('Max core file size'),
  };
}

/** A number of proc_pid_status(5); 0 where this kernel has no such line. */
function field(status: string | undefined, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)$`, 'm').exec(status ?? '')?.[1] ?? 0);
}

/**
 * Starts one instance, asks the kernel what it holds it to when it is ready, and ends it.
 *
 * @returns it in words
 * @throws FunctionError when the instance does not start
 * @throws SandboxError naming all that is missing
 */
export async function checkSandbox(source: InstanceSource): Promise<string> {
  const instance = await source.start();
  const connection = connect(source, instance, 0);
  try {
    await connection.ready;
    return describe(await limitsOf(instance.pid ?? 0));
  } finally {
    connection.kill();
    await connection.gone;
  }
}

function describe(limits: Limits): string {
  const { seccompFilters, noNewPrivileges, cpuSeconds, memoryBytes, processes, openFiles, coreBytes } =
    limits;
  const missing = Object.entries({
    [`${FILTERS} filters of system calls (seccomp; there are ${seccompFilters})`]: seccompFilters < FILTERS,
    'no new privileges': !noNewPrivileges,
    'a CPU limit': cpuSeconds === Number.POSITIVE_INFINITY,
    'a memory limit': memoryBytes === Number.POSITIVE_INFINITY,
    'no further processes': processes > 0,
  }).flatMap(([limit, isMissing]) => (isMissing ? [limit] : []));
  if (missing.length > 0)
    throw new SandboxError(
      `The kernel does not hold the function, which may not run so: missing are ${missing.join(', ')}. Use Linux 5.9 or newer with seccomp.`,
    );
  const words = [
    `seccomp (${seccompFilters} filters)`,
    'no new privileges',
    `CPU limit ${cpuSeconds} s`,
    `memory limit ${memoryBytes} bytes`,
    `${openFiles} open files`,
    'no further processes',
  ];
  return [...words, ...(coreBytes === 0 ? ['no core dumps'] : [])].join(', ');
}
