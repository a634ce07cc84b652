import { type CommandOptions, run } from '../../setup/command.js';
import { SetupError } from '../../setup/errors.js';

/** Of what a compiler says the first is what matters: the rest often follows from it. */
const LINES_SHOWN = 40;

/**
 * Runs a compiler.
 *
 * @returns what it wrote all the same, such as warnings
 * @throws SetupError with what it wrote, beginning with its first line
 */
export async function compileWith(
  compiler: string,
  args: readonly string[],
  options: Pick<CommandOptions, 'cwd' | 'env' | 'signal' | 'input'>,
): Promise<string> {
  const lines: string[] = [];
  try {
    await run(compiler, args, { ...options, onLine: (line) => lines.push(line) });
    return shown(lines);
  } catch (cause) {
    if (lines.length === 0 || options.signal?.aborted) throw cause;
    throw new SetupError(`it does not compile:\n${shown(lines)}`, { cause });
  }
}

function shown(lines: readonly string[]): string {
  const more = lines.length - LINES_SHOWN;
  return [...lines.slice(0, LINES_SHOWN), ...(more > 0 ? [`… and ${more} more lines`] : [])].join('\n');
}
