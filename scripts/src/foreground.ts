import { execa } from 'execa';
import { root } from './paths.js';

/** How a command is run for the person at the terminal. */
export interface ForegroundOptions {
  /** Folder, relative to the repository. */
  readonly cwd?: string;
  /** All of its environment; this process's by default. */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
}

/** Runs a command that writes straight to the terminal; tells whether it succeeded. */
export async function inForeground(
  command: string,
  args: readonly string[],
  { cwd = '.', env = process.env }: ForegroundOptions = {},
): Promise<boolean> {
  console.log(`\n> ${[command, ...args].join(' ')}${cwd === '.' ? '' : `   (in ${cwd})`}`);
  const result = await execa(command, args, {
    cwd: `${root}/${cwd}`,
    env,
    extendEnv: false,
    stdio: 'inherit',
    reject: false,
    preferLocal: true,
    localDir: root,
  });
  if (result.code === 'ENOENT') console.error(result.shortMessage);
  return !result.failed;
}
