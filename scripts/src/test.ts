import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { inForeground } from './foreground.js';
import { root } from './paths.js';
import { toolEnvironment } from './setup/environment.js';
import { pluginEnvironment } from './setup/plugins.js';
import { userEnvironment } from './user-environment.js';

const SYSTEM_TESTS = 'test';
const STRESS_TESTS = path.join(SYSTEM_TESTS, 'dist/stress');

/**
 * Runs the tests: the native ones with Cargo, then all others in one run of Node's test runner, unit tests before
 * system tests, one file at a time because they start real runtimes. The runner's own last lines end the output.
 *
 * @param filter only the test files whose path contains this, and no native ones
 */
export async function runTests(filter?: string): Promise<void> {
  const native = filter !== undefined || (await runNativeTests());
  const passed = await runFiles((file) => file.includes(filter ?? ''));
  if (!native || !passed) process.exitCode = 1;
}

/**
 * Runs the tests of `test/src/stress` in their long form.
 *
 * @param filter only the test files whose path contains this
 */
export async function runStressTests(filter = ''): Promise<void> {
  const isWanted = (file: string) => file.startsWith(STRESS_TESTS) && file.includes(filter);
  if (!(await runFiles(isWanted, { TEST_LENGTH: 'long' }))) process.exitCode = 1;
}

async function runFiles(
  isWanted: (file: string) => boolean,
  env: Record<string, string> = {},
): Promise<boolean> {
  const files = (await testFiles()).filter(isWanted);
  if (files.length === 0) console.error("No test file's path contains that.");
  return (
    files.length > 0 &&
    (await inForeground(process.execPath, ['--test', '--test-concurrency=1', ...files], {
      env: { ...userEnvironment(), ...env },
    }))
  );
}

async function runNativeTests(): Promise<boolean> {
  const functions = await inForeground('cargo', ['unit-test', '--locked', '--quiet'], {
    cwd: 'functions',
    env: toolEnvironment(),
  });
  const plugins = await inForeground('cargo', ['test', '--locked', '--quiet'], {
    cwd: 'wasmedge-node',
    env: { ...toolEnvironment(), ...pluginEnvironment, LD_LIBRARY_PATH: pluginEnvironment.LITERT_LIB_DIR },
  });
  return functions && plugins;
}

/** The compiled test files, found by their sources: a compiled one without a source is left over. */
async function testFiles(): Promise<string[]> {
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
