import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { cargoWorkspaces } from './cargo-workspaces.js';
import { type ForegroundOptions, inForeground } from './foreground.js';
import { parts, root } from './paths.js';
import { toolEnvironment } from './setup/environment.js';
import { onPath } from './setup/tools.js';

const PLUGINS = 'wasmedge-node';
const GO_KIT = 'function-kit/go';
const GO_FOLDERS = ['daprd', GO_KIT, 'templates/go', 'test/kit-guests/go', 'test/cluster/programs'];

/**
 * Runs all linters, each to its end, and says at the end which found something, and what was not looked at because its
 * tools are missing. `tsc` has run before: see bootstrap.mjs.
 *
 * @param fix mends what can be mended
 */
export async function lint(fix: boolean): Promise<void> {
  const failed: string[] = [];
  const skipped: string[] = [];
  const check = async (command: string, args: readonly string[], options: ForegroundOptions = {}) => {
    if (await inForeground(command, args, options)) return;
    failed.push(`${command} ${args[0]}${options.cwd === undefined ? '' : ` in ${options.cwd}`}`);
  };
  await check('biome', fix ? ['check', '--write'] : ['ci']);
  const hasCargo = (await onPath('cargo')).length > 0;
  for (const { options } of await cargoWorkspaces()) {
    if (!hasCargo) {
      skipped.push(`${options.cwd} (no cargo)`);
      continue;
    }
    await check('cargo', fix ? ['fmt'] : ['fmt', '--check'], options);
    if (options.cwd === PLUGINS && !existsSync(parts.wasmedgeHeaders)) {
      skipped.push(`clippy in ${PLUGINS} (it needs WasmEdge's headers: npm run setup)`);
      continue;
    }
    // --release: what set-up has built is not built again.
    await check(
      'cargo',
      ['clippy', '--all-targets', '--release', '--locked', '--quiet', '--', '--deny', 'warnings'],
      options,
    );
  }
  if ((await onPath('gofmt')).length === 0) skipped.push(`${GO_FOLDERS.join(', ')} (no gofmt)`);
  else if (!(await isGoFormatted(fix))) failed.push(`gofmt in ${GO_FOLDERS.join(', ')}`);
  if ((await onPath('go')).length === 0) skipped.push(`go vet in ${GO_KIT} (no go)`);
  else await check('go', ['vet', './...'], { cwd: GO_KIT, env: toolEnvironment() });

  if (skipped.length > 0) console.log(`\nNot looked at: ${skipped.join(', ')}.`);
  if (failed.length > 0) {
    console.error(`\nNot clean: ${failed.join(', ')}.`);
    process.exitCode = 1;
  } else console.log('\nAll clean.');
}

async function isGoFormatted(fix: boolean): Promise<boolean> {
  const { stdout } = await execa('gofmt', [fix ? '-w' : '-l', ...GO_FOLDERS], { cwd: root });
  if (stdout !== '') console.error(`gofmt would change: ${stdout}`);
  return stdout === '';
}
