import { readdir, readFile } from 'node:fs/promises';

/** Clock ticks of /proc/<pid>/stat in a second: 100 on every Linux that Node runs on (proc_pid_stat(5)). */
const TICKS_PER_SECOND = 100;

/** What a line of /proc/<pid>/stat says. */
interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** CPU time of the process and of its children that have ended, in ms. */
  readonly cpuMs: number;
}

/** The processes that `pid` has started, and those that they have started. */
export async function descendants(pid: number): Promise<number[]> {
  const all = await everyStat();
  const found = [pid];
  for (const parent of found) {
    found.push(...all.filter((stat) => stat.parent === parent).map((stat) => stat.pid));
  }
  return found.slice(1);
}

/** The process that started `pid`. */
export async function parentOf(pid: number): Promise<number> {
  const stat = await readStat(pid);
  if (stat === undefined) throw new Error(`process ${pid} has ended`);
  return stat.parent;
}

/** CPU time that these processes have used so far, with their children that have ended, in ms; to 10 ms. */
export async function cpuMs(pids: readonly number[]): Promise<number> {
  const stats = await Promise.all(pids.map(readStat));
  return stats.reduce((sum, stat) => sum + (stat?.cpuMs ?? 0), 0);
}

async function everyStat(): Promise<Stat[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const stats = await Promise.all(pids.map(readStat));
  return stats.filter((stat) => stat !== undefined);
}

async function readStat(pid: number): Promise<Stat | undefined> {
  const text = await readProc(pid, 'stat');
  // Fields from the third on; the second is the program's name in brackets, which may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  if (text === '') return undefined;
  const field = (number: number) => Number(fields[number - 3]);
  const ticks = field(14) + field(15) + field(16) + field(17);
  return { pid, parent: field(4), cpuMs: (ticks * 1000) / TICKS_PER_SECOND };
}

/** Returns '' if the process has ended. */
async function readProc(pid: number, file: string): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
}
