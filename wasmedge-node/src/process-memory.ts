import { readFile } from 'node:fs/promises';

/**
 * Memory of a process that no file is behind, in bytes: `RssAnon` of `/proc/<pid>/status` (proc_pid_status(5)). In a
 * fork that is also what it still shares with its parent. 0 where nothing is known: the process has ended, or the
 * system has no /proc.
 */
export async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const [, kibibytes] = /^RssAnon:\s+(\d+) kB$/m.exec(status) ?? [];
  return Number(kibibytes ?? 0) * 1024;
}
