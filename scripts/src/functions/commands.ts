import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { styleText } from 'node:util';
import { type Language, languages } from '@app/function-manifest';
import { type Command, Option } from 'commander';
import { fromUser, root, shortPath } from '../paths.js';
import { SetupError } from '../setup/errors.js';
import type { Finding } from './check/finding.js';

const RUN_FILE = path.join(root, 'dapr.yaml');

/**
 * Adds the commands for functions: new, remove, list, check.
 *
 * @param unlock lets another set-up, or another of these commands, begin
 */
export function addFunctionCommands(program: Command, unlock: () => void): void {
  addNew(program);
  addRemove(program);
  addList(program, unlock);
  addCheck(program, unlock);
}

interface NewOptions {
  readonly lang: Language;
  readonly title?: string;
  readonly app?: true;
  readonly from?: string;
  readonly file: string;
}

function addNew(program: Command): void {
  program
    .command('new')
    .description('makes the folder of a function of your own')
    .argument('[name]', 'small letters, digits and hyphens; asked for on a terminal')
    .addOption(
      new Option('--lang <language>', 'what it is written in')
        .choices(languages)
        .default('rust' satisfies Language),
    )
    .option('--title <title>', 'what the page calls it')
    .option('--app', 'give it a Dapr app, with a sidecar, of its own')
    .option('--from <module>', 'take this WebAssembly module (WASI preview 1) as it is')
    .option('-f, --file <path>', 'the run file that its app stands in', RUN_FILE)
    .addHelpText(
      'after',
      `\nFor example:
  npm run new -- invert                          a Rust program to start from
  npm run new -- words --lang c                  one in C, C++ (cpp) or Go
  npm run new -- words --from words.wasm         a program that exists, in any language
  npm run new -- big --app --title "Big ones"    with an app, so a sidecar, of its own`,
    )
    .action(async (given: string | undefined, options: NewOptions) => {
      const name = given ?? (await ask('Name of the function: '));
      if (!name) throw new SetupError('Give the function a name: npm run new -- invert');
      const asked =
        given === undefined && options.title === undefined
          ? await ask('What the page calls it [its name]: ')
          : undefined;
      const { newFunction } = await import('./new.js');
      const { folder, addedApp } = await newFunction({
        name,
        title: options.title ?? (asked || undefined),
        ownApp: options.app,
        language: options.lang,
        from: options.from === undefined ? undefined : fromUser(options.from),
        runFile: fromUser(options.file),
      });
      const content = options.from === undefined ? 'source' : 'module';
      console.log(`Made ${shortPath(folder)}/: its ${content}, function.yaml and cases.`);
      if (addedApp !== undefined)
        console.log(`Added the app ${addedApp} to ${shortPath(fromUser(options.file))}.`);
      console.log(`Next: npm run check -- ${name}, then npm run dev. docs/tutorial.md goes on from here.`);
    });
}

function addRemove(program: Command): void {
  program
    .command('remove')
    .description(
      'takes a function away: its folder, what was built of it, and its app if nothing else has it',
    )
    .argument('<name>')
    .option('-y, --yes', 'do not ask')
    .option('-f, --file <path>', 'the run file that its app stands in', RUN_FILE)
    .action(async (name: string, { yes = false, file }: { yes?: boolean; file: string }) => {
      const { removalOf, removeFunction } = await import('./remove.js');
      const removal = await removalOf(name, fromUser(file));
      console.log(`What goes of ${name}:`);
      console.log(`  ${shortPath(removal.folder)}/, also what Git does not have of it`);
      if (existsSync(removal.built)) console.log(`  ${shortPath(removal.built)}/, which was built of it`);
      if (removal.app !== undefined)
        console.log(
          `  the app ${removal.app.id} in ${shortPath(removal.app.change.file)}, as it serves nothing else`,
        );
      if (!yes) {
        const answer = await ask('Remove it? [y/N] ');
        if (answer === undefined) throw new SetupError('Nothing was removed: without a terminal, say --yes.');
        if (!/^y(es)?$/i.test(answer)) return;
      }
      await removeFunction(removal);
      console.log(`Removed ${name}.`);
    });
}

function addList(program: Command, unlock: () => void): void {
  program
    .command('list')
    .description('prints every function: its app, kind and limits, and whether it is built')
    .option('--json', 'as JSON')
    .action(async ({ json = false }: { json?: boolean }) => {
      unlock();
      const { listFunctions, toTable } = await import('./list.js');
      const functions = await listFunctions();
      console.log(json ? JSON.stringify(functions, undefined, 2) : toTable(functions));
    });
}

function addCheck(program: Command, unlock: () => void): void {
  program
    .command('check')
    .description(
      'builds a function and tries it: its cases, bad input, many requests; exit code 1 for findings',
    )
    .argument('<function>', 'its name, or the path of a module, which ends in .wasm')
    .option('--json', 'the findings as JSON, and nothing else')
    .addHelpText(
      'after',
      `\nFor example:
  npm run check -- invert
  npm run check -- words.wasm                    a module that is no function yet
  npm run --silent check -- invert --json        for CI; what the build says goes to stderr`,
    )
    .action(async (named: string, { json = false }: { json?: boolean }) => {
      const { checkFunction } = await import('./check/check.js');
      const clear = () => process.stdout.isTTY && process.stdout.write('\r\x1b[K');
      const report = ({ what, ok, detail, remedy }: Finding) => {
        if (json) return;
        clear();
        console.log(`${paint(ok ? 'green' : 'red', ok ? 'ok' : 'no')}  ${what}: ${detail}`);
        if (remedy !== undefined) console.log(`    ${remedy}`);
      };
      const findings = await checkFunction(named, report, {
        out: json ? process.stderr : process.stdout,
        built: unlock,
        doing: (what) => {
          if (!json && clear()) process.stdout.write(`… ${what}`);
        },
      });
      if (!json) clear();
      const wrong = findings.filter(({ ok }) => !ok).length;
      if (json) console.log(JSON.stringify({ function: named, ok: wrong === 0, findings }, undefined, 2));
      else
        console.log(
          wrong === 0
            ? '\nAll as it should be.'
            : `\n${wrong} of ${findings.length} are not as they should be.`,
        );
      if (wrong > 0) process.exitCode = 1;
    });
}

/**
 * What somebody at the terminal answers, be it nothing; `undefined` if nobody is there.
 *
 * @throws SetupError if they end it by Ctrl-C or Ctrl-D
 */
async function ask(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const ended = new AbortController();
  terminal.once('SIGINT', () => ended.abort()).once('close', () => ended.abort());
  try {
    return (await terminal.question(question, { signal: ended.signal })).trim();
  } catch (cause) {
    throw new SetupError('Nothing was changed.', { cause });
  } finally {
    terminal.close();
  }
}

function paint(style: 'green' | 'red', text: string): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(style, text) : text;
}
