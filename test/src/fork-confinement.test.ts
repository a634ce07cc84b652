import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ForkParent } from './fork-parent.js';
import { callRequest, forbiddenCalls } from './system-calls.js';

const { SIGKILL, SIGSYS, SIGXCPU } = constants.signals;
const FILE = 'what stood here before';

/** A folder with one file, and a parent of the guest `escape` that may write there by `--dir`, as /open. */
async function openParent(
  t: TestContext,
  settings: Record<string, string> = {},
  optionsFor = (folder: string) => ['--dir', `/open:${folder}`],
) {
  const folder = await mkdtemp(join(tmpdir(), 'fork-open-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'file'), FILE);
  const options = optionsFor(folder);
  const parent = await ForkParent.ready(t, { guest: 'escape', options, settings });
  return {
    folder,
    parent,
    /** The answer of a fresh fork, and how that fork ended if it gave none. */
    attempt: async (request: string) => {
      const fork = await parent.fork();
      const answer = await fork.ask(request);
      return answer ?? (await parent.ended(fork.pid));
    },
    untouched: async () => {
      assert.deepEqual(await readdir(folder), ['file']);
      assert.equal(await readFile(join(folder, 'file'), 'utf8'), FILE);
    },
  };
}

/** A process that a fork must not be able to touch. */
function startVictim(t: TestContext): ChildProcess {
  const victim = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
  t.after(() => victim.kill('SIGKILL'));
  return victim;
}

const throughWasi = (folder: string) => [
  'socket',
  'shutdown',
  'raise 9',
  'raise 2',
  'read /open/file',
  'status /open/file',
  'list /open',
  'write /open/new',
  'write /open/file',
  'make /open/new',
  'rename /open/file /open/new',
  'remove /open/file',
  'link /open/file /open/new',
  'symlink file /open/new',
  'follow /open/file',
  `log ${folder}/log`,
];

test('what WASI and wasi:logging would let out ends in the kernel', async (t) => {
  const { attempt, folder, untouched } = await openParent(t);
  for (const request of throughWasi(folder)) {
    assert.equal(await attempt(request), `signal ${SIGSYS}`, request);
    await untouched();
  }
});

test('no system call leads out of a fork', async (t) => {
  const { attempt, untouched } = await openParent(t);
  const victim = startVictim(t);
  for (const [name, ...args] of forbiddenCalls(victim.pid ?? assert.fail())) {
    const request = callRequest(name, args);
    assert.equal(await attempt(request), `signal ${SIGSYS}`, `${name} ${args.join(' ')}`);
  }
  assert.equal(victim.exitCode ?? victim.signalCode, null);
  await untouched();
});

test('the calls of these tests are made: without the list they come back', async (t) => {
  const { attempt, folder, parent } = await openParent(t, { SECCOMP: 'off' });
  assert.match(parent.stderr, /WARNING: WASM_FUNCTION_SECCOMP=off/);
  assert.equal(await attempt('socket'), 'errno 0');
  assert.equal(await attempt(`log ${folder}/log`), 'logged');
  assert.ok((await readdir(folder)).includes('log'));
  assert.equal(await attempt(callRequest('socket', [1, 1, 0])), 'returned 3');
  assert.equal(await attempt(callRequest('openat', [-100, '/dev/null', 0])), 'returned 3');
  const victim = startVictim(t);
  const pid = victim.pid ?? assert.fail();
  assert.equal(await attempt(callRequest('kill', [pid, 0])), 'returned 0');
  assert.equal(await attempt(callRequest('prctl', [3, 0, 0, 0, 0])), 'returned 0', 'not dumpable');
  assert.equal(await attempt(callRequest('prctl', [39, 0, 0, 0, 0])), 'returned 1', 'no new privileges');
});

test('a fork has no descriptor of its parent, and no folder that is open there', async (t) => {
  const { attempt, untouched } = await openParent(t, { SECCOMP: 'off' });
  for (let descriptor = 3; descriptor < 64; descriptor++)
    assert.equal(
      await attempt(callRequest('fcntl', [descriptor, 3, 0])),
      'returned -9',
      `EBADF ${descriptor}`,
    );
  for (const request of throughWasi('').filter((request) => request.includes('/open')))
    assert.match(await attempt(request), /^failed/, request);
  await untouched();
});

test('what a function may import leads to no file even without the list of system calls', async (t) => {
  const { attempt, folder, untouched } = await openParent(t, { SECCOMP: 'off' }, () => []);
  const paths = [folder, '/open', '', '..'];
  for (const path of paths)
    for (const request of throughWasi('').filter((request) => request.includes('/open')))
      assert.match((await attempt(request.replaceAll('/open', path))) ?? '', /^failed/, request);
  await untouched();
});

test('a fork cannot signal its parent, its owner, its group or itself', async (t) => {
  const { attempt, parent } = await openParent(t);
  for (const pid of [parent.pid, process.pid, 0]) {
    // Signal 0 only asks whether it could: nobody is hurt where the wall is missing.
    assert.equal(await attempt(callRequest('kill', [pid, 0])), `signal ${SIGSYS}`, `${pid}`);
    assert.equal(await attempt(callRequest('tgkill', [pid, pid, 0])), `signal ${SIGSYS}`, `${pid}`);
  }
  assert.equal(parent.process.exitCode, null);
});

test('a fork bomb and a thread are ended at their first call', async (t) => {
  const { attempt } = await openParent(t);
  const [SIGCHLD, THREAD] = [17, 0x3d0f00];
  for (const flags of [SIGCHLD, THREAD])
    assert.equal(await attempt(callRequest('clone', [flags, 0, 0, 0, 0])), `signal ${SIGSYS}`);
  const older = process.arch === 'x64' ? [57, 58] : []; // fork, vfork
  for (const number of older) assert.equal(await attempt(`call ${number}`), `signal ${SIGSYS}`);
});

test('a guest has nothing of the environment, and of its arguments only its own name', async (t) => {
  const { attempt } = await openParent(t);
  assert.equal(await attempt('environment'), '[]');
  assert.equal(await attempt('arguments'), '["escape.so"]');
});

test('a fork whose CPU time is used up is ended, and no other', async (t) => {
  const parent = await ForkParent.ready(t, { guest: 'forked', settings: { CPU_SECONDS: '1' } });
  const [greedy, modest] = [await parent.fork(), await parent.fork()];
  greedy.send('spin');
  assert.equal(await parent.ended(greedy.pid), `signal ${SIGXCPU}`);
  assert.equal(await modest.ask('hello'), 'hello');
});

for (const kind of ['wasm', 'so'] as const)
  test(`a guest (${kind}) is refused memory beyond the limit, and may go on`, async (t) => {
    const settings = { MEMORY_BYTES: String(64 * 1024 ** 2) };
    const parent = await ForkParent.ready(t, { guest: 'forked', kind, settings });
    const fork = await parent.fork();
    assert.equal(await fork.ask('grow 20000000'), 'taken');
    assert.equal(await fork.ask('grow 100000000'), 'refused');
    assert.equal(await fork.ask('hello'), 'hello');
    assert.equal(await (await parent.fork()).ask('grow 20000000'), 'taken');
  });

test('a guest cannot take more memory bit by bit than at once', async (t) => {
  const parent = await ForkParent.ready(t, {
    guest: 'forked',
    settings: { MEMORY_BYTES: String(64 * 1024 ** 2) },
  });
  const pages = Number(await (await parent.fork()).ask('fill'));
  assert.ok(pages >= 1020 && pages <= 1024 * (17 / 16), `${pages} pages of 64 KiB`);
});

test('memory that WasmEdge itself takes counts too', async (t) => {
  const { attempt } = await openParent(t, { MEMORY_BYTES: String(64 * 1024 ** 2), SECCOMP: 'off' });
  const ENOMEM = 'returned -12';
  const [readWrite, privately, shared] = [3, 0x22, 0x21];
  const size = 100 * 1024 ** 2;
  assert.equal(await attempt(callRequest('mmap', [0, size, readWrite, privately, -1, 0])), ENOMEM);
  assert.equal(await attempt(callRequest('mmap', [0, size, readWrite, shared, -1, 0])), ENOMEM);
  assert.notEqual(await attempt(callRequest('mmap', [0, size / 4, readWrite, privately, -1, 0])), ENOMEM);
});

test('a fork that has been killed from outside is told of like any other', async (t) => {
  const parent = await ForkParent.ready(t, { guest: 'forked' });
  const fork = await parent.fork();
  process.kill(fork.pid, 'SIGKILL');
  assert.equal(await parent.ended(fork.pid), `signal ${SIGKILL}`);
  await fork.closed();
});
