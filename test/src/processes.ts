import { readdirSync, readFileSync } from 'node:fs';
import pWaitFor from 'p-wait-for';

/** One process, told from another one that gets the same id later. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly name: string;
  /** Time of its start, in ticks since boot (proc_pid_stat(5)). */
  readonly startedAt: string;
}

/** Returns `undefined` if the process has ended, as a zombie has. */
function identityOf(pid: number): ProcessIdentity | undefined {
  try {
    const [, name = '', rest = ''] =
      /\((.+)\) (.+)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
    const fields = rest.split(' ');
    return 'ZX'.includes(fields[0] ?? 'X') ? undefined : { pid, name, startedAt: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

/** The program of a process and its arguments; empty if it has ended. */
export function commandLineOf(pid: number): string[] {
  return read(`/proc/${pid}/cmdline`).split('\0');
}

/** The environment that a process was started with, as `NAME=value`. */
export function environmentOf(pid: number): string[] {
  return read(`/proc/${pid}/environ`).split('\0');
}

/** The children of a process that run. */
export function childrenOf(pid: number): ProcessIdentity[] {
  return tasksOf(pid)
    .flatMap((task) => read(`/proc/${pid}/task/${task}/children`).trim().split(' '))
    .flatMap((child) => (child === '' ? [] : (identityOf(Number(child)) ?? [])));
}

/** A process and all below it. */
export function familyOf(pid: number): ProcessIdentity[] {
  const own = identityOf(pid);
  return own === undefined ? [] : [own, ...childrenOf(pid).flatMap((child) => familyOf(child.pid))];
}

/** Whether that very process still runs. */
export function runs({ pid, startedAt }: ProcessIdentity): boolean {
  return identityOf(pid)?.startedAt === startedAt;
}

/** Whether any process of this group runs; a detached child leads the group of its own id. */
export function groupRuns(id: number): boolean {
  try {
    return process.kill(-id, 0);
  } catch {
    return false;
  }
}

/** What a process holds in memory, or of that what no file is behind (proc_pid_status(5)), in MB of 1024² bytes. */
export function memoryMb(pid: number, field: 'VmRSS' | 'RssAnon'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
}

/** Waits until none of them runs any more. */
export async function allGone(processes: readonly ProcessIdentity[], timeout = 15_000): Promise<void> {
  await pWaitFor(() => !processes.some(runs), { interval: 20, timeout }).catch((cause: unknown) => {
    const left = processes.filter(runs).map(({ pid, name }) => `${name} (${pid})`);
    throw new Error(`left are ${left.join(', ')}`, { cause });
  });
}

function tasksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
