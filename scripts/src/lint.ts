import path from 'node:path';
import { execa } from 'execa';
import { cargoWorkspaces } from './cargo-workspaces.js';
import { type ForegroundOptions, inForeground } from './foreground.js';
import { root } from './paths.js';

/** Runs all linters, each to its end, and says at the end which found something. `tsc` has run before: see bootstrap.mjs. */
export async function runChecks(): Promise<void> {
  const failed: string[] = [];
  const check = async (command: string, args: readonly string[], options: ForegroundOptions = {}) => {
    if (await inForeground(command, args, options)) return;
    failed.push(`${command} ${args[0]}${options.cwd === undefined ? '' : ` in ${options.cwd}`}`);
  };
  await check('biome', ['ci']);
  for (const { options } of await cargoWorkspaces()) {
    await check('cargo', ['fmt', '--check'], options);
    // --release: what set-up has built is not built again.
    await check(
      'cargo',
      ['clippy', '--all-targets', '--release', '--locked', '--quiet', '--', '--deny', 'warnings'],
      options,
    );
  }
  if (!(await isGoFormatted())) failed.push('gofmt in daprd');

  if (failed.length > 0) {
    console.error(`\nNot clean: ${failed.join(', ')}.`);
    process.exitCode = 1;
  } else console.log('\nAll clean.');
}

async function isGoFormatted(): Promise<boolean> {
  const { stdout } = await execa('gofmt', ['-l', '.'], { cwd: path.join(root, 'daprd') });
  if (stdout !== '') console.error(`gofmt would change: ${stdout}`);
  return stdout === '';
}
