import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { execa } from 'execa';
import { folders } from './mounts.js';

/** Folders of functions, and of what is built of them, for one test. */
export async function workshop(t: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'own-functions-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const functions = path.join(folder, 'functions');
  const built = path.join(folder, 'built');
  await cp(path.join(folders.repository, 'functions/.cargo'), path.join(functions, '.cargo'), {
    recursive: true,
  });
  const env = { FUNCTIONS_DIR: functions, BUILT_DIR: built };
  const runInside = (inside: readonly string[], ...args: readonly string[]) =>
    runScript(t, args, { env, inside });
  const run = (...args: readonly string[]) => runInside([], ...args);
  return { folder, functions, built, run, runInside, setup: () => run('setup') };
}

/** The program of `npm run` with these arguments. */
export function scriptOf(args: readonly string[]): string {
  const main = path.join(folders.repository, 'scripts/dist/main.js');
  return `import { main } from ${JSON.stringify(main)}; await main(${JSON.stringify(args)}, () => {}, async () => () => {});`;
}

/**
 * `npm run` with these arguments, all but the packages and the compiler, which are there.
 *
 * @param options `inside`: a command that runs it
 */
export function runScript(
  t: TestContext,
  args: readonly string[],
  { env = {}, inside = [] }: { env?: Readonly<Record<string, string>>; inside?: readonly string[] } = {},
) {
  const script = [process.execPath, '--input-type=module', '--eval', scriptOf(args)];
  const [command = '', ...rest] = [...inside, ...script];
  const child = execa(command, rest, {
    env,
    all: true,
    reject: false,
    // The first Rust function compiles all that it depends on.
    timeout: 300_000,
    detached: true,
  });
  t.after(() => killGroup(child.pid));
  return child;
}

/** Ends a process with all that it started. */
export function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended, with all that it started.
  }
}
