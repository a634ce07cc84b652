import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from './paths.js';

const module = pathToFileURL(path.join(root, 'scripts/lock.mjs')).href;
const name = `lock test of ${process.pid}`;

/** A process that takes the lock, and says `waiting` first if it has to and `locked` when it has it. */
function contend(t: TestContext) {
  const script = `
    import { lock } from ${JSON.stringify(module)};
    const unlock = await lock(${JSON.stringify(name)}, () => console.log('waiting'));
    console.log('locked');
    process.stdin.resume().on('end', unlock);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    says: async () => (await lines.next()).value,
    letGo: () => child.stdin.end(),
    kill: () => child.kill('SIGKILL'),
  };
}

test('one process at a time has the lock: when it lets go, another gets it', async (t) => {
  const first = contend(t);
  assert.equal(await first.says(), 'locked');
  const second = contend(t);
  assert.equal(await second.says(), 'waiting');
  first.letGo();
  assert.equal(await second.says(), 'locked');
});

test('the lock of a process that was killed is free', async (t) => {
  const first = contend(t);
  assert.equal(await first.says(), 'locked');
  const second = contend(t);
  assert.equal(await second.says(), 'waiting');
  first.kill();
  assert.equal(await second.says(), 'locked');
});
