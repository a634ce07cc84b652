import { Command } from 'commander';
import { addComposeCommand } from './compose/command.js';
import { addFunctionCommands } from './functions/commands.js';
import { addImageCommand } from './image/command.js';
import { addKubernetesCommand } from './kubernetes/command.js';
import { addModelCommand } from './model/command.js';
import { parts } from './paths.js';
import { chooseCpu, cpuInWords, cpuTarget } from './setup/cpu.js';
import { setUpApplication, setUpClusterTests, setUpTests } from './setup/index.js';

/** The one test that needs the collector of traces. */
const COLLECTOR_TEST = 'test/dist/stress/collector.test.js';

/**
 * Does what the npm script says: called by bootstrap.mjs.
 *
 * @param args the command line after the program's name
 * @param unlock lets another set-up begin
 * @param lock waits until no other set-up runs, and keeps others from it until what it resolves with is called
 */
export async function main(
  args: string[],
  unlock: () => void,
  lock: () => Promise<() => void>,
): Promise<void> {
  const program = new Command('npm run').enablePositionalOptions();
  const prepare = async ({ traces }: { traces: boolean }) => {
    sayFailures(await setUpApplication({ traces }));
    unlock();
    return { WASMEDGE: parts.wasmedge };
  };
  addLaunch(program, 'start', 'sets up what is missing, then starts the application', async (options) => {
    const { main: start } = await import('./launch/main.js');
    await start(options, prepare);
  });
  addLaunch(program, 'dev', 'starts the application, and serves what is saved', async (options) => {
    const { main: dev } = await import('./dev/main.js');
    await dev(options, prepare, lock);
  });
  program
    .command('setup')
    .description('brings in and builds what is missing, and nothing else')
    .option(
      '--cpu <level>',
      'compile functions for this level of processors from now on, such as x86-64-v2; native: for this kind of processor alone',
    )
    .action(async ({ cpu }: { cpu?: string }) => {
      if (cpu !== undefined) await chooseCpu(cpu);
      const failures = await setUpApplication();
      failIf(failures);
      console.log(`Functions are compiled for ${cpuInWords(await cpuTarget())}.`);
      if (failures.length === 0) console.log('Everything is set up: `npm start` starts the application.');
    });
  program
    .command('test')
    .description('sets up what is missing, then runs the tests')
    .argument('[filter]', 'only the test files whose path contains this')
    .action(async (filter: string | undefined) => {
      const { runTests } = await import('./test.js');
      failIf(await setUpTests());
      unlock();
      await runTests(filter);
    });
  program
    .command('stress')
    .description('runs the long form of the tests of bad input, load and faults; takes about an hour')
    .argument('[filter]', 'only the test files whose path contains this')
    .action(async (filter: string | undefined) => {
      const { runStressTests } = await import('./test.js');
      failIf(await setUpTests({ traces: COLLECTOR_TEST.includes(filter ?? '') }));
      unlock();
      await runStressTests(filter);
    });
  program
    .command('test:unit')
    .description('runs the unit tests of the TypeScript packages; without set-up, those that need none of it')
    .argument('[filter]', 'only the test files whose path contains this')
    .action(async (filter: string | undefined) => {
      unlock();
      const { runUnitTests } = await import('./test.js');
      await runUnitTests(filter);
    });
  program
    .command('test:cluster')
    .description('brings up a Kubernetes of its own with Dapr, and runs the tests of the application on it')
    .argument('[filter]', 'only the test files whose path contains this')
    .option('--stay', 'keeps the cluster after the tests, until Ctrl-C')
    .option('--markdown <file>', 'writes the figures as a table there, too')
    .action(async (filter: string | undefined, options: { stay?: boolean; markdown?: string }) => {
      const { runClusterTests } = await import('./cluster/command.js');
      await runClusterTests({ ...options, ...(filter !== undefined && { filter }) }, async () => {
        failIf(await setUpClusterTests());
        unlock();
      });
    });
  program
    .command('lint')
    .description('runs all linters and formatters, without changing anything unless --fix says so')
    .option('--fix', 'mend what can be mended: formatting, imports, simple findings')
    .action(async ({ fix = false }: { fix?: boolean }) => {
      unlock();
      const { lint } = await import('./lint.js');
      await lint(fix);
    });
  program
    .command('doctor')
    .description('prints what set-up has found and made, and whether it works')
    .action(async () => {
      unlock();
      const { examine } = await import('./doctor.js');
      await examine();
    });
  addFunctionCommands(program, unlock);
  addModelCommand(program);
  addKubernetesCommand(program, unlock);
  addImageCommand(program, unlock);
  addComposeCommand(program, unlock);
  await program.parseAsync(args, { from: 'user' });
}

/** A command that reads its options itself. */
function addLaunch(
  program: Command,
  name: 'start' | 'dev',
  description: string,
  run: (options: string[]) => Promise<void>,
): void {
  const script = name === 'start' ? 'npm start' : `npm run ${name}`;
  program
    .command(name)
    .description(`${description}; its options: ${script} -- --help`)
    .helpOption(false)
    .argument('[options...]')
    .allowUnknownOption()
    .passThroughOptions()
    .action(run);
}

/** Functions that could not be built; everything else is there. */
function sayFailures(failures: readonly Error[]): void {
  for (const { message } of failures) console.error(`\n${message}`);
  if (failures.length > 0)
    console.error(
      `\n${failures.length === 1 ? 'One function is' : `${failures.length} functions are`} not built; everything else is set up.`,
    );
}

function failIf(failures: readonly Error[]): void {
  sayFailures(failures);
  if (failures.length > 0) process.exitCode = 1;
}
