import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { cargoWorkspaces } from './cargo-workspaces.js';
import { inForeground } from './foreground.js';
import { parts, root } from './paths.js';
import { userEnvironment } from './user-environment.js';

const SYSTEM_TESTS = 'test';
/** Packages whose unit tests run daprd or WasmEdge. */
const NEED_SET_UP = ['scripts', 'wasmedge-node'];
const STRESS_TESTS = path.join(SYSTEM_TESTS, 'dist/stress');
/** Tests in which nothing has to be quick: most of their time a compiler is at work, or something starts. */
const SIDE_BY_SIDE_TESTS = path.join(SYSTEM_TESTS, 'dist/side-by-side');
/** Tests that take a cluster. */
const CLUSTER_TESTS = path.join(SYSTEM_TESTS, 'dist/cluster');

/**
 * Runs the tests: the native ones with Cargo, then the others with Node's test runner: unit tests and those of `side-by-side/`,
 * as many files at once as there are processors, then the other system tests, one file at a time because they start real
 * runtimes. The runner's own summary ends the output.
 *
 * @param filter only the test files whose path contains this, and no native ones
 */
export async function runTests(filter?: string): Promise<void> {
  const native = filter !== undefined || (await runNativeTests());
  const files = (await testFiles()).filter((file) => file.includes(filter ?? ''));
  if (files.length === 0) console.error("No test file's path contains that.");
  const isAlone = (file: string) =>
    file.startsWith(`${SYSTEM_TESTS}/`) && !file.startsWith(`${SIDE_BY_SIDE_TESTS}/`);
  const passed = [
    await runFiles(
      files.filter((file) => !isAlone(file)),
      { atOnce: availableParallelism() },
    ),
    await runFiles(files.filter(isAlone)),
  ];
  if (!native || files.length === 0 || passed.includes(false)) process.exitCode = 1;
}

/**
 * Runs the unit tests alone. Where set-up has not been run, those of the packages that need what it builds are left out,
 * which is said.
 *
 * @param filter only the test files whose path contains this
 */
export async function runUnitTests(filter = ''): Promise<void> {
  const isSetUp = [parts.daprd, parts.wasmedge, parts.plugins].every((part) => existsSync(part));
  const leftOut = isSetUp ? [SYSTEM_TESTS] : [SYSTEM_TESTS, ...NEED_SET_UP];
  const files = (await testFiles()).filter(
    (file) => file.includes(filter) && !leftOut.some((name) => file.startsWith(`${name}/`)),
  );
  const passed = await runFiles(files, { atOnce: availableParallelism() });
  if (files.length === 0) console.error("No unit test's path contains that.");
  if (!isSetUp) console.log(`\nLeft out, as \`npm run setup\` has not been run: ${NEED_SET_UP.join(', ')}.`);
  if (files.length === 0 || !passed) process.exitCode = 1;
}

/**
 * Runs the tests of `test/src/stress` in their long form.
 *
 * @param filter only the test files whose path contains this
 */
export async function runStressTests(filter = ''): Promise<void> {
  const files = (await testFiles()).filter((file) => file.startsWith(STRESS_TESTS) && file.includes(filter));
  if (files.length === 0) console.error("No test file's path contains that.");
  const passed = await runFiles(files, { env: { TEST_LENGTH: 'long' } });
  if (files.length === 0 || !passed) process.exitCode = 1;
}

async function runFiles(
  files: readonly string[],
  { env = {}, atOnce = 1 }: { env?: Readonly<Record<string, string>>; atOnce?: number } = {},
): Promise<boolean> {
  if (files.length === 0) return true;
  return inForeground(process.execPath, ['--test', `--test-concurrency=${atOnce}`, ...files], {
    env: { ...userEnvironment(), ...env },
  });
}

async function runNativeTests(): Promise<boolean> {
  const passed: boolean[] = [];
  for (const { options, hasTests } of await cargoWorkspaces()) {
    if (!hasTests) continue;
    const args = ['test', '--locked', '--quiet', '--target', 'host-tuple'];
    passed.push(await inForeground('cargo', args, options));
  }
  return !passed.includes(false);
}

/** The compiled tests of the application on a cluster. */
export async function clusterTestFiles(): Promise<string[]> {
  return (await allTestFiles()).filter((file) => file.startsWith(CLUSTER_TESTS));
}

/** The compiled test files but those that take a cluster. */
async function testFiles(): Promise<string[]> {
  return (await allTestFiles()).filter((file) => !file.startsWith(CLUSTER_TESTS));
}

/** All compiled test files, found by their sources: dist may still have tests whose source was deleted. */
async function allTestFiles(): Promise<string[]> {
  const { workspaces } = z
    .object({ workspaces: z.array(z.string()) })
    .parse(JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')));
  const ordered = workspaces.filter((name) => name !== SYSTEM_TESTS).concat(SYSTEM_TESTS);
  const found = await Promise.all(
    ordered.map(async (workspace) => {
      const sources = await readdir(path.join(root, workspace, 'src'), { recursive: true });
      return sources
        .filter((file) => file.endsWith('.test.ts'))
        .sort()
        .map((file) => path.join(workspace, 'dist', file.replace(/\.ts$/, '.js')));
    }),
  );
  return found.flat();
}
