import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { execa } from 'execa';
import waitFor from 'p-wait-for';
import { parts } from './built-parts.js';
import { exists, ForkParent, vanished } from './fork-parent.js';

const forked = { guest: 'forked' } as const;

/** The name and the parent of a process (proc_pid_stat(5)). */
function processOf(pid: number) {
  const [, name, , parent] = /\((.+)\) (\S) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
  return { name, parent: Number(parent) };
}

test('a connection is answered by a fork, whose pid comes first', async (t) => {
  const parent = await ForkParent.ready(t, forked);
  const fork = await parent.fork();
  assert.equal(processOf(fork.pid).parent, parent.pid);
  assert.equal(await fork.ask('hello'), 'hello');
});

test('the socket is in a folder that only its owner may enter, and goes with its parent', async (t) => {
  const parent = await ForkParent.ready(t, forked);
  const { mode, uid } = statSync(parent.folder);
  assert.equal(mode & 0o777, 0o700);
  assert.equal(uid, process.getuid?.());
  parent.process.stdin?.end();
  await parent.exit();
  assert.equal(existsSync(parent.folder), false);
});

test('what a program writes before it is forked does not pass for what its parent says', async (t) => {
  const parent = await ForkParent.ready(t, { ...forked, options: ['--env', 'AT_START=chatter'] });
  assert.equal(parent.stdout, 'ready\n');
  await waitFor(() => parent.stderr.includes('ready\nended 1 exit 0\n'), { timeout: 5000 });
  assert.equal(await (await parent.fork()).ask('hello'), 'hello');
});

test('each fork is a pristine copy', async (t) => {
  const parent = await ForkParent.ready(t, forked);
  const first = await parent.fork();
  assert.equal(await first.ask('remember 7'), '0');
  assert.equal(await first.ask('remember 8'), '7');
  assert.equal(await (await parent.fork()).ask('remember 9'), '0');
});

test('64 connections at once have 64 forks, and leave none', async (t) => {
  const parent = await ForkParent.ready(t, forked);
  const forks = await Promise.all(Array.from({ length: 64 }, () => parent.fork()));
  assert.equal(new Set(forks.map((fork) => fork.pid)).size, 64);
  const answers = await Promise.all(forks.map((fork, index) => fork.ask(`hello ${index}`)));
  assert.deepEqual(
    answers,
    forks.map((_, index) => `hello ${index}`),
  );
  for (const fork of forks) fork.socket.end();
  assert.deepEqual(
    new Set(await Promise.all(forks.map((fork) => parent.ended(fork.pid)))),
    new Set(['exit 0']),
  );
  assert.ok(!forks.some((fork) => exists(fork.pid)));
});

test('further connections wait while there are as many forks as may be', async (t) => {
  const parent = await ForkParent.ready(t, { ...forked, settings: { MAX_FORKS: '2' } });
  const [first] = [await parent.fork(), await parent.fork()];
  const third = parent.connect();
  await once(third.socket, 'connect');
  assert.equal(await first.ask('hello'), 'hello');
  assert.equal(third.unread, 0);
  first.socket.destroy();
  await third.greeting('WFN1');
  assert.equal(await third.ask('hello'), 'hello');
});

for (const [request, how] of [
  ['exit 0', 'exit 0'],
  ['exit 5', 'exit 5'],
  ['trap', 'exit 134'],
  ['outside', 'exit 134'],
  ['overflow', 'exit 134'],
] as const)
  for (const kind of ['wasm', 'so'] as const)
    test(`a fork (${kind}) that is told "${request}" ends with ${how}, and the parent goes on`, async (t) => {
      const parent = await ForkParent.ready(t, { ...forked, kind });
      const fork = await parent.fork();
      assert.equal(await fork.ask(request), undefined);
      assert.equal(await parent.ended(fork.pid), how);
      assert.equal(await (await parent.fork()).ask('hello'), 'hello');
    });

test('a closed connection says that nothing is left of the fork', async (t) => {
  const parent = await ForkParent.ready(t, forked);
  const fork = await parent.fork();
  fork.send('exit 0');
  await fork.closed();
  assert.ok(!exists(fork.pid));
});

test('an answer comes out after the owner has closed its half', async (t) => {
  const parent = await ForkParent.ready(t, forked);
  const fork = await parent.fork();
  fork.send('sleep 20');
  fork.socket.end();
  assert.equal((await fork.take(10)).subarray(5).toString(), 'slept');
  assert.equal(await parent.ended(fork.pid), 'exit 0');
});

test('closing the connection kills a fork that works for ever', async (t) => {
  const parent = await ForkParent.ready(t, forked);
  const fork = await parent.fork();
  fork.send('spin');
  await waitFor(() => cpuTicks(fork.pid) > 2, { timeout: 20_000 });
  fork.socket.destroy();
  assert.equal(await parent.ended(fork.pid), 'signal 9');
  assert.ok(!exists(fork.pid));
});

test('clock, random numbers and sleep are there', async (t) => {
  const parent = await ForkParent.ready(t, forked);
  const fork = await parent.fork();
  assert.equal(await fork.ask('system'), 'all there');
  assert.equal(await fork.ask('sleep 1'), 'slept');
});

for (const kind of ['wasm', 'so'] as const) {
  test(`a plain program (${kind}) is forked before its start`, async (t) => {
    const parent = await ForkParent.ready(t, { guest: 'plain', kind, settings: { FORK_AT: 'start' } });
    const fork = await parent.fork('');
    fork.socket.end('a plain filter');
    assert.equal((await fork.take(14)).toString(), 'A PLAIN FILTER');
    assert.equal(await parent.ended(fork.pid), 'exit 0');
  });

  test(`a plain program (${kind}) that calls exit ends its fork with that code`, async (t) => {
    const parent = await ForkParent.ready(t, { guest: 'plain', kind, settings: { FORK_AT: 'start' } });
    const fork = await parent.fork('');
    fork.socket.end();
    assert.equal(await parent.ended(fork.pid), 'exit 3');
  });
}

test('a program that is to wait for its input starts with its first byte, or its end, and not before', async (t) => {
  const settings = { FORK_AT: 'input' };
  const options = ['--env', 'UNREAD=5'];
  const parent = await ForkParent.ready(t, { guest: 'filter', settings, options });
  const [first, second] = [await parent.fork(''), await parent.fork('')];
  first.socket.write('x');
  assert.equal((await first.take(5)).toString(), 'uuuuu');
  assert.equal(await parent.ended(first.pid), 'exit 0');
  assert.equal(exists(second.pid), true);
  assert.equal(second.unread, 0);
  second.socket.end();
  assert.equal((await second.take(5)).toString(), 'uuuuu');
  assert.equal(await parent.ended(second.pid), 'exit 0');
  assert.equal(
    await parent.says(new RegExp(`^said ${second.pid} (.*)\nended ${second.pid} `, 'm')),
    'nothing is read',
  );
});

test('an owner that does not listen loses no fork and no end, and the parent does not grow', async (t) => {
  const parent = await ForkParent.ready(t, { guest: 'filter', settings: { FORK_AT: 'input' } });
  const memory = () =>
    Number(/VmData:\s+(\d+) kB/.exec(readFileSync(`/proc/${parent.pid}/status`, 'latin1'))?.[1]);
  const stdout = parent.process.stdout ?? assert.fail();
  const before = memory();
  stdout.pause();
  const forks = Array.from({ length: 20 }, () => parent.connect());
  for (const { socket } of forks) socket.end('flood');
  // What they say is more than the pipe and this buffer hold: the parent waits in the middle of it.
  await waitFor(() => stdout.readableLength >= stdout.readableHighWaterMark, { timeout: 10_000 });
  stdout.resume();
  for (const fork of forks) {
    await fork.greeting('');
    assert.equal((await fork.take(7)).toString(), 'flooded');
    assert.equal(await parent.ended(fork.pid), 'exit 0');
    const lines = parent.stdout.split('\n').filter((line) => line.startsWith(`said ${fork.pid} `));
    assert.ok(lines.length > 60 && lines.length < 70, `${lines.length} lines`);
  }
  assert.ok(memory() - before < 1024, `${memory()} kB after ${before} kB`);
});

test('a program forked before its start goes on in accept', async (t) => {
  const parent = await ForkParent.ready(t, { ...forked, settings: { FORK_AT: 'start' } });
  assert.equal(await (await parent.fork()).ask('hello'), 'hello');
});

test('without a socket accept returns at once', async () => {
  const { stdout } = await execa(parts.wasmedge, [parts.guest('forked', 'so')], {
    env: { WASMEDGE_PLUGIN_PATH: parts.plugins },
    input: '\x05\0\0\0hello',
  });
  assert.equal(stdout, 'WFN1\0\x05\0\0\0hello');
});

test('a program that ends before it calls accept ends the parent with its exit code', async (t) => {
  const parent = await ForkParent.start(t, { ...forked, options: ['--env', 'AT_START=exit'] });
  assert.deepEqual(await parent.exit(), { code: 2, signal: null });
  await waitFor(() => parent.stderr.includes('ended before it called accept'), { timeout: 5000 });
});

test('a program that never calls accept ends the parent, which says so', async (t) => {
  const parent = await ForkParent.start(t, { guest: 'plain' });
  assert.deepEqual(await parent.exit(), { code: 3, signal: null });
  await waitFor(() => parent.stderr.includes('ended before it called accept'), { timeout: 5000 });
});

test("the command line's page limit holds, and WasmEdge's log of it stays out of the answers", async (t) => {
  const parent = await ForkParent.ready(t, { ...forked, options: ['--memory-page-limit', '256'] });
  const fork = await parent.fork();
  assert.equal(await fork.ask('grow 32000000'), 'refused');
  assert.equal(await fork.ask('hello'), 'hello');
});

for (const [name, value, message] of [
  ['SOCKET', '', /WASM_FUNCTION_SOCKET is "": it takes a path of 1 to 107 bytes/],
  [
    'SOCKET',
    '/nowhere/at/all/socket',
    /WASM_FUNCTION_SOCKET is "\/nowhere\/at\/all\/socket": no socket can be made there: No such/,
  ],
  ['FORK_AT', 'end', /WASM_FUNCTION_FORK_AT is "end": it takes accept or start/],
  ['CPU_SECONDS', '0', /WASM_FUNCTION_CPU_SECONDS is "0": it takes a whole number, at least 1/],
  ['MEMORY_BYTES', '64M', /WASM_FUNCTION_MEMORY_BYTES is "64M"/],
  ['MAX_FORKS', 'many', /WASM_FUNCTION_MAX_FORKS is "many"/],
  ['MAX_FORKS', '1000000000', /WASM_FUNCTION_MAX_FORKS is 1000000000: that takes 2000000064 open files/],
  ['SECCOMP', 'no', /WASM_FUNCTION_SECCOMP is "no": it takes on or off/],
] as const)
  test(`${name}=${value} stops the start with a message`, async (t) => {
    const parent = await ForkParent.start(t, { ...forked, settings: { [name]: value } });
    assert.deepEqual(await parent.exit(), { code: 1, signal: null });
    await waitFor(() => message.test(parent.stderr), { timeout: 5000 });
  });

test('an option of the WasmEdge CLI that forks do not have stops the start', async (t) => {
  const parent = await ForkParent.start(t, { ...forked, options: ['--time-limit', '5'] });
  assert.deepEqual(await parent.exit(), { code: 1, signal: null });
  await waitFor(() => parent.stderr.includes('--time-limit'), { timeout: 5000 });
});

/** A parent with a fork that works for ever and one that waits. */
async function busyParent(t: TestContext) {
  const parent = await ForkParent.ready(t, forked);
  const [busy, idle] = [await parent.fork(), await parent.fork()];
  busy.send('spin');
  return { parent, forks: [busy, idle] };
}

for (const [what, act] of [
  ['the end of its stdin', (parent: ForkParent) => parent.process.stdin?.end()],
  ['SIGTERM', (parent: ForkParent) => parent.process.kill('SIGTERM')],
] as const)
  test(`${what} ends the parent and its forks`, async (t) => {
    const { parent, forks } = await busyParent(t);
    act(parent);
    assert.deepEqual(await parent.exit(), { code: 0, signal: null });
    assert.ok(!forks.some((fork) => exists(fork.pid)));
  });

test('kill -9 of the parent ends its forks', async (t) => {
  const { parent, forks } = await busyParent(t);
  parent.process.kill('SIGKILL');
  assert.deepEqual(await parent.exit(), { code: null, signal: 'SIGKILL' });
  await Promise.all(forks.map((fork) => vanished(fork.pid)));
});

for (const [what, environment] of [
  ['with its forks', []],
  ['that is not ready yet', ['--env', 'AT_START=spin']],
] as const)
  test(`kill -9 of the owner ends a parent ${what}`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'fork-server-'));
    t.after(() => rm(folder, { recursive: true }));
    const program = `
      const { spawn } = require('node:child_process');
      const { connect } = require('node:net');
      const [, wasmedge, ...args] = process.argv;
      const parent = spawn(wasmedge, args, { stdio: 'pipe' });
      console.log(parent.pid);
      parent.stdout.once('data', () => connect(process.env.WASM_FUNCTION_SOCKET).once('data', (data) => {
        console.log(data.readUInt32LE());
      }));`;
    const owner = spawn(
      process.execPath,
      ['-e', program, parts.wasmedge, ...environment, parts.guest('forked', 'so')],
      {
        env: { WASMEDGE_PLUGIN_PATH: parts.plugins, WASM_FUNCTION_SOCKET: join(folder, 'private/socket') },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    t.after(() => owner.kill('SIGKILL'));
    let said = '';
    owner.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const processes = environment.length === 0 ? 2 : 1;
    await waitFor(() => said.split('\n').length === processes + 1, { timeout: 20_000 });
    const pids = said.trim().split('\n').map(Number);
    // The parent runs its guest when it has as much CPU time as a start does not take.
    if (processes === 1) await waitFor(() => cpuTicks(pids[0] ?? 0) > 30, { timeout: 20_000 });
    owner.kill('SIGKILL');
    await Promise.all(pids.map(vanished));
    assert.deepEqual(await readdir(folder), []);
  });

/** CPU time of a process in user mode, in ticks of 10 ms. */
function cpuTicks(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[11]);
}
