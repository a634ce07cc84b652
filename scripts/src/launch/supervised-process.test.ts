import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Output } from './output.js';
import { SupervisedProcess } from './supervised-process.js';

const limit = { timeout: 30_000 };

/** Runs a shell script that counts as ready for as long as `isReady` says so. */
function supervise(
  t: TestContext,
  script: string,
  isReady: () => boolean,
  { mayFinish = false, stableAfterMs = 0 } = {},
) {
  const stream = new PassThrough();
  const description = {
    name: 'it',
    command: '/bin/sh',
    arguments: ['-c', script],
    cwd: '/',
    env: {},
    logFile: undefined,
    mayFinish,
    stableAfterMs,
    untilReady: async (signal: AbortSignal) => {
      if (isReady()) return;
      await once(signal, 'abort');
      throw new Error('ended');
    },
  };
  const it = new SupervisedProcess(description, new Output(stream, ['it']), () => {});
  t.after(async () => {
    it.kill();
    await it.done.catch(() => {});
  });
  return { it, stream };
}

test(
  'a process that keeps ending before it is ready is given up, with longer and longer waits',
  limit,
  async (t) => {
    let starts = 0;
    const { it, stream } = supervise(t, 'exit 7', () => ++starts === 1);
    let written = '';
    stream.on('data', (chunk) => {
      written += chunk;
    });
    await it.ready;
    await assert.rejects(it.done, {
      code: 'ERR_LAUNCH_PROCESS_ENDED',
      message: /^it ended 6 times in a row before it was ready \(exit code 7\)/,
    });
    assert.equal(starts, 6);
    const waits = [...written.matchAll(/again in (\d+) ms/g)].map(([, ms]) => Number(ms));
    assert.deepEqual(waits, [100, 200, 400, 800, 1600]);
  },
);

test(
  'a process that nobody can ask is given up when it keeps ending soon after its start',
  limit,
  async (t) => {
    const { it, stream } = supervise(t, 'sleep 0.01; exit 7', () => true, { stableAfterMs: 10_000 });
    let written = '';
    stream.on('data', (chunk) => {
      written += chunk;
    });
    await it.ready;
    await assert.rejects(it.done, {
      code: 'ERR_LAUNCH_PROCESS_ENDED',
      message: /^it ended 6 times in a row within 10 s \(exit code 7\)/,
    });
    const waits = [...written.matchAll(/again in (\d+) ms/g)].map(([, ms]) => Number(ms));
    assert.deepEqual(waits, [100, 200, 400, 800, 1600]);
  },
);

test('what it has run for long enough is forgiven', limit, async (t) => {
  const { it, stream } = supervise(t, 'sleep 0.1', () => true, { stableAfterMs: 50 });
  let written = '';
  stream.on('data', (chunk) => {
    written += chunk;
  });
  while (written.split('starting it again in 100 ms').length <= 7) await Promise.race([delay(5), it.done]);
});

test('a process that gets ready in between is started again however often it ends', limit, async (t) => {
  const { it, stream } = supervise(t, 'echo up; sleep 1000', () => true);
  let written = '';
  stream.on('data', (chunk) => {
    written += chunk;
  });
  for (let kill = 0; kill < 10; kill += 1) {
    while (written.split('is back after').length - 1 < kill || it.group === undefined) await delay(5);
    process.kill(it.group, 'SIGKILL');
    while (written.split('ended (SIGKILL): starting it again in 100 ms').length - 1 <= kill) await delay(5);
  }
});

test(
  'a process that may finish is done with exit code 0, ready or not, and with no other',
  limit,
  async (t) => {
    let starts = 0;
    const { it: finished } = supervise(t, 'exit 0', () => ++starts > 1, { mayFinish: true });
    await Promise.all([finished.ready, finished.done]);
    assert.equal(starts, 1);
    const { it: failed } = supervise(t, 'exit 4', () => false, { mayFinish: true });
    await assert.rejects(failed.done, { message: /^it ended before it was ready \(exit code 4\)/ });
  },
);

test('what a process started ends with it', limit, async (t) => {
  const { it, stream } = supervise(t, 'sleep 1000 & echo $!; wait', () => true);
  const [line] = await once(stream, 'data');
  const grandchild = Number(String(line).split('| ')[1]);
  assert.ok(it.group && grandchild > 0);
  process.kill(it.group, 'SIGKILL');
  for (let running = true; running; ) {
    await delay(20);
    const status = await readFile(`/proc/${grandchild}/stat`, 'utf8').catch(() => ') X ');
    running = !/\) [ZX] /.test(status);
  }
});

test('what is done has left nothing running', limit, async (t) => {
  const { it, stream } = supervise(t, 'sleep 1000 & echo up; wait', () => true);
  await once(stream, 'data');
  const { group } = it;
  assert.ok(group);
  it.kill();
  await it.done;
  assert.throws(() => process.kill(-group, 0), { code: 'ESRCH' });
});

test('only the process itself is asked to stop: it may still need its children', limit, async (t) => {
  const { it, stream } = supervise(
    t,
    `(trap 'echo child' TERM; while :; do sleep 0.01; done) &
     trap 'sleep 0.1; echo leader; exit' TERM
     echo up
     while :; do sleep 0.01; done`,
    () => true,
  );
  const written = text(stream);
  await once(stream, 'data');
  await it.stop();
  stream.end();
  assert.equal(await written, 'it | up\nit | leader\n');
});

test('a process that is stopped while it waits to be started again stays ended', limit, async (t) => {
  let starts = 0;
  const { it, stream } = supervise(t, 'exit 0', () => ++starts < 10);
  await once(stream, 'data');
  await it.stop();
  await it.done;
  assert.equal(it.group, undefined);
  assert.equal(starts, 1);
});
