import { existsSync } from 'node:fs';
import { onPath } from '../setup/tools.js';

/** What the cluster runs with, and the Debian package that has it. */
const COMMANDS = {
  unshare: 'util-linux',
  nsenter: 'util-linux',
  mount: 'mount',
  ip: 'iproute2',
  sysctl: 'procps',
  tar: 'tar',
} as const;

/** What the machine lacks for a cluster: a sentence each, with the remedy. */
export async function lacks(): Promise<string[]> {
  if (process.platform !== 'linux') return ['a cluster takes the namespaces of Linux'];
  const missing = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, from]) =>
      (await onPath(name)).length > 0 ? [] : [`${name} is not on the PATH: apt-get install ${from}`],
    ),
  );
  return [
    ...(process.getuid?.() === 0 ? [] : ['mounts, interfaces and control groups take root: run it as root']),
    ...(existsSync('/sys/fs/cgroup/memory')
      ? []
      : [
          'the node is written for control groups of version 1 (/sys/fs/cgroup/memory), which are not mounted here',
        ]),
    ...missing.flat(),
  ];
}
