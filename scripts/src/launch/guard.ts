import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Reads process groups, one line of them at a time, the last line being what runs now. Its input ends with the process
 * that writes it, however that ends: then the groups' leaders are asked to end, and after `$2` seconds whatever is left
 * of the groups is made to.
 */
const script = `
while read -r line; do groups=$line; done
for group in $groups; do kill -s TERM "$group"; done
seconds=$2
while [ "$seconds" -gt 0 ]; do
  left=
  for group in $groups; do kill -s 0 -- "-$group" && left=yes; done
  [ -n "$left" ] || break
  sleep 1
  seconds=$((seconds - 1))
done
for group in $groups; do kill -s KILL -- "-$group"; done
rm -rf -- "$1"
`;

/** Ends what was started when the launcher itself is killed: nothing can be done then from within it. */
export interface Guard {
  /** Replaces the list of process groups to end. */
  watch(groups: Iterable<number>): void;
  /** Resolves when the guard is gone: nothing may be running any more. */
  release(): Promise<void>;
}

/**
 * Starts a guard in a session of its own, out of reach of a terminal's Ctrl-C.
 *
 * @param folder removed at the end
 * @param graceSeconds between SIGTERM and SIGKILL
 */
export function startGuard(folder: string, graceSeconds: number): Guard {
  const guard = spawn('/bin/sh', ['-c', script, 'launch-guard', folder, String(graceSeconds)], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = once(guard, 'close');
  // A guard that somebody killed is no reason to fail: it is only needed when the launcher is killed too.
  guard.stdin.on('error', () => {});
  return {
    watch: (groups) => guard.stdin.write(`${[...groups].join(' ')}\n`),
    release: async () => {
      guard.stdin.end('\n');
      await gone;
    },
  };
}
