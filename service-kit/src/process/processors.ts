import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

/** The file system as `processors` sees it. */
export interface ProcessorFiles {
  /** A file's text; throws if it cannot be read. */
  readonly read: (file: string) => string;
  /** Processors that this process may run on. */
  readonly available: number;
}

const system: ProcessorFiles = {
  read: (file) => readFileSync(file, 'utf8'),
  available: availableParallelism(),
};

/**
 * How many processors this process can keep busy: those of the machine that it may run on, or fewer where its control group
 * has a quota, as containers with a CPU limit do; rounded up. Of Node's own count that is true in new versions alone.
 */
export function processors({ read, available }: ProcessorFiles = system): number {
  const textOf = (file: string): string => {
    try {
      return read(file).trim();
    } catch {
      return '';
    }
  };
  const quotas = textOf('/proc/self/cgroup')
    .split('\n')
    .flatMap((line) => quotasOf(line, textOf));
  return Math.min(available, ...quotas.map(Math.ceil));
}

/**
 * The quotas along the way from a control group to the root of its tree, in processors: each of them holds. In a container
 * the root is mostly its own group, whatever the line says.
 *
 * @param line one of `/proc/self/cgroup`: id, controllers (none in version 2), path (cgroups(7))
 */
function quotasOf(line: string, textOf: (file: string) => string): number[] {
  const [, controllers, group] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
  if (controllers === undefined || group === undefined) return [];
  const isV2 = controllers === '';
  if (!isV2 && !controllers.split(',').includes('cpu')) return [];
  const tree = isV2 ? '/sys/fs/cgroup' : `/sys/fs/cgroup/${controllers}`;
  return upwards(group).flatMap((folder) => {
    const at = (file: string) => textOf(path.join(tree, folder, file));
    const [quota, period] = isV2
      ? at('cpu.max').split(' ')
      : [at('cpu.cfs_quota_us'), at('cpu.cfs_period_us')];
    // "max" in version 2 and -1 in version 1 are no limit; both are in microseconds.
    const share = Number.parseInt(quota ?? '', 10) / Number.parseInt(period ?? '', 10);
    return share > 0 && Number.isFinite(share) ? [share] : [];
  });
}

function upwards(folder: string): string[] {
  return folder === '/' ? ['/'] : [folder, ...upwards(path.dirname(folder))];
}
