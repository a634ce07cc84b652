import assert from 'node:assert/strict';
import { copyFile, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { execa } from 'execa';
import pWaitFor from 'p-wait-for';
import { parts } from '../built-parts.js';
import { folders } from '../mounts.js';
import { killGroup, scriptOf, workshop } from '../workshop.js';

/** Runs a command on a terminal of its own (Python has one), and answers what it asks. */
async function onTerminal(
  t: TestContext,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  answers: Readonly<Record<string, string>>,
) {
  const script = ['--input-type=module', '--eval', scriptOf(args)];
  const child = execa(
    'python3',
    [
      '-c',
      'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))',
      process.execPath,
      ...script,
    ],
    { env, all: true, reject: false, timeout: 60_000, detached: true },
  );
  t.after(() => killGroup(child.pid));
  let seen = '';
  child.stdout.on('data', (chunk: Buffer) => {
    seen += chunk;
  });
  for (const [question, answer] of Object.entries(answers)) {
    await pWaitFor(() => seen.includes(question), { timeout: 30_000, interval: 20 });
    child.stdin.write(answer);
  }
  return child;
}

async function open(t: TestContext) {
  const { folder, functions, built } = await workshop(t);
  const runFile = path.join(folder, 'dapr.yaml');
  await copyFile(path.join(folders.repository, 'dapr.yaml'), runFile);
  const env = { FUNCTIONS_DIR: functions, BUILT_DIR: built };
  const run = (args: readonly string[], answers: Readonly<Record<string, string>>) =>
    onTerminal(t, [...args, '--file', runFile], env, answers);
  const own = async () => (await readdir(functions)).filter((name) => !name.startsWith('.'));
  return { functions, run, own };
}

const from = ['--from', parts.guest('plain', 'wasm')];

test('on a terminal, new asks for what was not said, and remove whether to', async (t) => {
  const { functions, run, own } = await open(t);
  const made = await run(['new', ...from], {
    'Name of the function: ': 'asked\n',
    'What the page calls it [its name]: ': 'Asked for\n',
  });
  assert.equal(made.exitCode, 0, made.all);
  assert.match(await readFile(path.join(functions, 'asked/function.yaml'), 'utf8'), /^title: Asked for$/m);
  const kept = await run(['remove', 'asked'], { 'Remove it? [y/N] ': '\n' });
  assert.equal(kept.exitCode, 0, kept.all);
  assert.deepEqual(await own(), ['asked']);
  const removed = await run(['remove', 'asked'], { 'Remove it? [y/N] ': 'y\n' });
  assert.equal(removed.exitCode, 0, removed.all);
  assert.deepEqual(await own(), []);
});

for (const [what, key] of [
  ['Ctrl-C', '\x03'],
  ['Ctrl-D', '\x04'],
] as const)
  test(`${what} at a question changes nothing, and says so`, async (t) => {
    const { run, own } = await open(t);
    const cut = await run(['new', ...from], { 'Name of the function: ': key });
    assert.equal(cut.exitCode, 1, cut.all);
    assert.match(cut.all, /Nothing was changed\./);
    assert.deepEqual(await own(), []);
  });
