import { readFile } from 'node:fs/promises';

/**
 * Memory of a process that no file is behind, in bytes: `RssAnon` of `/proc/<pid>/status` (proc_pid_status(5)). In a
 * fork that is also what it still shares with its parent. 0 where nothing is known: there is no process, it has ended, or the
 * system has no /proc.
 */
export async function residentMemory(pid: number | undefined): Promise<number> {
  if (pid === undefined) return 0;
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const [, kibibytes] = /^RssAnon:\s+(\d+) kB$/m.exec(status) ?? [];
  return Number(kibibytes ?? 0) * 1024;
}

/**
 * Memory of these processes in MB of 1024² bytes, pages that several processes share divided among them
 * (PSS, proc_pid_smaps_rollup(5)). Those that have ended count nothing.
 */
export async function pssMb(pids: readonly number[]): Promise<number> {
  const rollups = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')),
  );
  const kilobytes = rollups.map((text) => Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0));
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1024;
}
