import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { FunctionPool, forkInstances, type Instance } from './index.js';
import { forkOptions, misbehavingFunction, poolOptions } from './test-functions.js';

async function parentOf({ pid }: Instance): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^PPid:\t(\d+)$/m.exec(status)?.[1]);
}

/** Whether a process runs; one that has ended and waits to be reaped does not. */
async function isAlive(pid: number | undefined): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State:\tX');
  return !/^State:\t[XZ]/m.test(status);
}

test('all forks have one parent, which goes with the source', async (t) => {
  const source = forkInstances(misbehavingFunction, forkOptions);
  t.after(() => source.close());
  const instances = await Promise.all([source.start(), source.start(), source.start()]);
  const parents = await Promise.all(instances.map(parentOf));
  assert.equal(new Set(parents).size, 1);
  for (const instance of instances) instance.kill();
  await Promise.all(instances.map(({ gone }) => gone));
  for (const { pid } of instances) assert.equal(await isAlive(pid), false);
  await source.close();
  assert.equal(await isAlive(parents[0]), false);
});

test('once forks are made nothing is left of their socket in the file system', async (t) => {
  const left = async () => {
    const names = await readdir('/dev/shm');
    return names.filter((name) => name.startsWith(`wasm-function-${process.pid}-`));
  };
  const source = forkInstances(misbehavingFunction, forkOptions);
  t.after(() => source.close());
  const instances = [await source.start(), await source.start()];
  assert.deepEqual(await left(), []);
  for (const { kill } of instances) kill();
});

test('a source that is closed ends the forks that are left', async () => {
  const source = forkInstances(misbehavingFunction, forkOptions);
  const instance = await source.start();
  await source.close();
  assert.match((await instance.gone).how, /its parent ended|signal 9/);
  assert.equal(await isAlive(instance.pid), false);
});

test('a parent that is killed takes its forks with it, and another takes its place', async (t) => {
  const source = forkInstances(misbehavingFunction, forkOptions);
  t.after(() => source.close());
  const first = await source.start();
  const parent = await parentOf(first);
  process.kill(parent, 'SIGKILL');
  assert.match((await first.gone).how, /its parent ended: signal SIGKILL/);
  const second = await source.start();
  assert.notEqual(await parentOf(second), parent);
  assert.equal(await isAlive(first.pid), false);
  second.kill();
  await second.gone;
});

test('a parent that does not answer is killed, and another takes its place', async (t) => {
  const source = forkInstances(misbehavingFunction, { ...forkOptions, startTimeoutMs: 5000 });
  t.after(() => source.close());
  const first = await source.start();
  const parent = await parentOf(first);
  process.kill(parent, 'SIGSTOP');
  await assert.rejects(source.start(), {
    code: 'ERR_FUNCTION_UNAVAILABLE',
    message: /no fork could be made/,
  });
  await first.gone;
  const second = await source.start();
  assert.notEqual(await parentOf(second), parent);
  second.kill();
});

test('a function that writes a line without end to stderr is not listened to', async (t) => {
  const lines: string[] = [];
  const source = forkInstances(misbehavingFunction, { ...forkOptions, log: (line) => lines.push(line) });
  const pool = new FunctionPool({ ...poolOptions, source, timeoutMs: 60_000 });
  t.after(() => pool.close());
  const { heapUsed } = process.memoryUsage();
  await pool.run(Buffer.from('endless line'));
  while (!lines.includes('the end of it')) await new Promise(setImmediate);
  assert.ok(lines.every(({ length }) => length <= 16 * 1024));
  assert.ok(process.memoryUsage().heapUsed - heapUsed < 32 * 1024 ** 2);
});

test('a pool serves on after the parent of its forks was killed', async (t) => {
  const source = forkInstances(misbehavingFunction, forkOptions);
  const pids: Instance[] = [];
  const watched = {
    ...source,
    start: async () => {
      const instance = await source.start();
      pids.push(instance);
      return instance;
    },
  };
  const pool = new FunctionPool({ ...poolOptions, source: watched });
  t.after(() => pool.close());
  assert.equal((await pool.run(Buffer.from('before'))).toString(), 'before');
  await pool.ready();
  const last = pids.at(-1);
  assert.ok(last);
  process.kill(await parentOf(last), 'SIGKILL');
  await last.gone;
  assert.equal((await pool.run(Buffer.from('after'))).toString(), 'after');
});

for (const [what, change, message] of [
  ['a WasmEdge that is not there', { wasmedge: '/nowhere/wasmedge' }, /\/nowhere\/wasmedge could not be run/],
  ['a function that is not there', { file: '/nowhere/x.wasm' }, /did not start: exit code/],
] as const) {
  test(`${what} is ERR_FUNCTION_UNAVAILABLE and says so`, async (t) => {
    const source = forkInstances({ ...misbehavingFunction, ...change }, forkOptions);
    t.after(() => source.close());
    await assert.rejects(source.start(), { code: 'ERR_FUNCTION_UNAVAILABLE', message });
  });
}

test('a parent that is not ready in time is killed', async (t) => {
  const silent = { ...misbehavingFunction, environment: { AT_START: 'silence' } };
  const source = forkInstances(silent, { ...forkOptions, forkAt: 'accept', startTimeoutMs: 500 });
  t.after(() => source.close());
  await assert.rejects(source.start(), {
    code: 'ERR_FUNCTION_UNAVAILABLE',
    message: /not ready within 500 ms/,
  });
});
