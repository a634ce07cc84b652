import { toolEnvironment } from './environment.js';
import { SetupError } from './errors.js';

/** How a command is run. */
export interface CommandOptions {
  readonly cwd?: string;
  /** Added to `toolEnvironment()`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** What it reads from its stdin; nothing by default. */
  readonly input?: string;
  /** Called with each line that the command writes. */
  readonly onLine?: (line: string) => void;
}

const LINES_SHOWN = 30;

/** Longest that a program may take to say what it is. */
const QUESTION_MS = 20_000;

/**
 * Runs a command that only tells something, such as its version.
 *
 * @returns its stdout
 * @throws SetupError with what it wrote, or because it took too long
 */
export async function ask(command: string, ...args: readonly string[]): Promise<string> {
  const signal = AbortSignal.timeout(QUESTION_MS);
  return run(command, args, { signal }).catch((cause: Error) => {
    if (!signal.aborted) throw cause;
    throw new SetupError(`${command} ${args.join(' ')} gave no answer within ${QUESTION_MS / 1000} s.`, {
      cause,
    });
  });
}

/**
 * Runs a command to its end.
 *
 * @returns its stdout
 * @throws SetupError with the last lines that it wrote
 */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, env, signal, input, onLine }: CommandOptions = {},
): Promise<string> {
  const { execa } = await import('execa'); // When all is done nothing is run: then it need not be loaded.
  const child = execa(command, args, {
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    all: true,
    reject: false,
    ...(cwd !== undefined && { cwd }),
    env: { ...toolEnvironment(), ...env },
    extendEnv: false,
    ...(signal !== undefined && { cancelSignal: signal }),
  });
  if (onLine) for await (const line of child.iterable({ from: 'all' })) onLine(line);
  const result = await child;
  signal?.throwIfAborted();
  if (!result.failed) return result.stdout;
  const said = result.all.split('\n').slice(-LINES_SHOWN).join('\n');
  throw new SetupError(`${result.shortMessage}\n${said}`);
}
