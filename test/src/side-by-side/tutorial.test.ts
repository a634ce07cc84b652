import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { folders } from '../mounts.js';
import { copyOfCheckout } from '../tutorial/checkout-copy.js';
import { firstMissing, stepsOf } from '../tutorial/steps.js';

/** Longest that anything may take to be seen, on a machine that is busy. */
const patient = { interval: 20, timeout: 60_000 };

/** What stays, in a terminal of its own. */
const STAYS = 'npm run dev';

/** A line of that terminal: the name of who says it comes first. */
const OF_DEV = /^[a-z-]+ +\| /;

test('who does what the tutorial says sees what the tutorial says', async (t) => {
  const file = 'docs/tutorial.md';
  const steps = stepsOf(await readFile(path.join(folders.repository, file), 'utf8'));
  const { type, read, write } = await copyOfCheckout(t);
  let dev: ReturnType<typeof type> | undefined;
  let devSaid = '';
  /** Up to where dev's terminal has been compared. */
  let devAt = 0;
  let output = '';
  for (const { line, ...step } of steps) {
    const at = `${file}:${line}`;
    if (step.kind === 'command' && step.command.trim() === STAYS) {
      dev = type(`exec ${STAYS}`);
      dev.all.on('data', (chunk) => (devSaid += chunk));
      output = '';
    } else if (step.kind === 'command') {
      devAt = devSaid.length;
      const { exitCode, all } = await type(step.command);
      assert.equal(exitCode, 0, `${at}: ${all}`);
      output = all;
    } else if (step.kind === 'file') {
      devAt = devSaid.length;
      await write(step.file, step.text);
    } else if (step.kind === 'change') {
      devAt = devSaid.length;
      const parts = (await read(step.file)).split(step.before);
      assert.equal(parts.length, 2, `${at}: ${step.file} has these lines ${parts.length - 1} times`);
      await write(step.file, parts.join(step.after));
    } else {
      const said = output === '' || step.lines.some((each) => OF_DEV.test(each)) ? undefined : output;
      const missing = () => firstMissing(step.lines, said ?? devSaid.slice(devAt));
      if (said === undefined) await pWaitFor(() => missing() === undefined, patient).catch(() => {}); // What is missing is said below.
      assert.equal(missing(), undefined, `${at}: not seen in\n${said ?? devSaid.slice(devAt)}`);
    }
  }
  assert.ok(dev?.pid !== undefined, devSaid);
  process.kill(-dev.pid, 'SIGINT');
  assert.equal((await dev).exitCode, 0, devSaid);
  assert.doesNotMatch(devSaid.slice(devAt), /what is new is not served/);
  // No process has ended, and nothing else was built or served anew.
  assert.doesNotMatch(devSaid, /\[launcher\]|(grayscale|classify): served/);
  assert.deepEqual((await readdir(path.join(folders.repository, 'functions'))).includes('backdrop'), false);
});
