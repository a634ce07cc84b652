import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { type TestContext, test } from 'node:test';
import {
  FunctionPool,
  forkInstances,
  type InstanceSource,
  type PoolOptions,
  processInstances,
} from './index.js';
import { forkOptions, poolOptions, testFunction } from './test-functions.js';

const kinds = {
  fork: (environment: Record<string, string>, log: (line: string) => void) =>
    forkInstances(
      { ...testFunction('filter'), environment },
      { ...forkOptions, kind: 'filter', forkAt: 'input', log },
    ),
  process: (environment: Record<string, string>, log: (line: string) => void) =>
    processInstances({ ...testFunction('filter'), environment }, { startTimeoutMs: 10_000, log }),
};

/** An input that fills every buffer on its way, and what the filter is to do. */
const large = (order: string) =>
  Buffer.concat([Buffer.from(`${order}\n`), Buffer.alloc(10 * 1024 ** 2, 'i')]);

for (const [kind, instancesOf] of Object.entries(kinds)) {
  const openPool = (
    t: TestContext,
    { environment = {}, log = () => {}, ...options }: OpenOptions = {},
  ): FunctionPool => {
    const source = instancesOf(environment, log);
    const pool = new FunctionPool({ ...poolOptions, maxOutputBytes: 16 * 1024 ** 2, source, ...options });
    t.after(() => pool.close());
    return pool;
  };

  test(`${kind} of a filter: ten megabytes come back as they went in`, async (t) => {
    const input = large('echo');
    assert.ok((await openPool(t).run(input)).equals(input));
  });

  for (const [what, order, answer] of [
    ['that writes nothing has an empty result', 'nothing', ''],
    ['that closes its stdout and goes on has what it wrote', 'close', 'all there is'],
  ] as const)
    test(`${kind} of a filter ${what}`, async (t) => {
      assert.equal(String(await openPool(t).run(Buffer.from(order))), answer);
    });

  test(`${kind} of a filter that answers before it has read all has its whole answer, each time`, async (t) => {
    const rounds = kind === 'fork' ? 100 : 8; // A process takes its time to start.
    const pool = openPool(t, { instances: 2, queueLimit: rounds });
    const answers = await Promise.all(Array.from({ length: rounds }, () => pool.run(large('early'))));
    for (const answer of answers)
      assert.ok(answer.equals(Buffer.alloc(300_000, 'e')), `${answer.length} bytes`);
  });

  for (const bytes of [0, 5, 1_000_000])
    test(`${kind} of a filter that writes ${bytes} bytes and never reads has its whole answer, and its own lines`, async (t) => {
      const early: string[] = [];
      const log = (line: string) => early.push(line);
      const pool = openPool(t, { environment: { UNREAD: String(bytes) }, log });
      for (let round = 0; round < 10; round += 1) {
        await pool.ready();
        const lines: string[] = [];
        const answer = await pool.run(large(''), { log: (line) => lines.push(line) });
        assert.ok(answer.equals(Buffer.alloc(bytes, 'u')), `${answer.length} bytes`);
        assert.deepEqual(lines, ['nothing is read']);
      }
      assert.deepEqual(early, []);
      // One for each request, and one that is ready: none was thrown away.
      assert.ok(pool.statistics.started <= 11, `${pool.statistics.started} instances`);
    });

  for (const [order, code, message] of [
    ['bad input', 'ERR_FUNCTION_INPUT', /^this input is no good$/],
    ['silently 1', 'ERR_FUNCTION_INPUT', /exit code 1 and did not say why/],
    ['exit 2', 'ERR_FUNCTION_FAILED', /exit code 2 and did not say why/],
    ['failure', 'ERR_FUNCTION_FAILED', /^this function is no good$/],
    ['silently 77', 'ERR_FUNCTION_FAILED', /exit code 77/],
    ['half die', 'ERR_FUNCTION_FAILED', /exit code 7/],
    ['half trap', 'ERR_FUNCTION_TRAPPED', /unreachable/],
    ['trap', 'ERR_FUNCTION_TRAPPED', /unreachable/],
    ['memory', 'ERR_FUNCTION_TRAPPED', /ended/],
    ['endless', 'ERR_FUNCTION_TRAPPED', /wrote more than 16777216 bytes/],
    ['half spin', 'ERR_FUNCTION_TIMEOUT', /within 1500 ms/],
  ] as const)
    test(`${kind} of a filter that is told «${order}» is ${code}, and the next request is served`, async (t) => {
      const pool = openPool(t, order === 'half spin' ? { timeoutMs: 1500 } : {});
      await assert.rejects(pool.run(Buffer.from(order)), { code, message });
      assert.equal(String(await pool.run(Buffer.from('x'))), 'x');
    });

  test(`${kind} of a filter: what two at once write to stderr is each one's own`, async (t) => {
    const pool = openPool(t, { instances: 2 });
    const lines = { one: [] as string[], two: [] as string[] };
    const answers = await Promise.all(
      (['one', 'two'] as const).map((word) =>
        pool.run(Buffer.from(`say ${word}`), { log: (line) => lines[word].push(line) }),
      ),
    );
    assert.deepEqual(answers.map(String), ['one', 'two']);
    for (const word of ['one', 'two'] as const)
      assert.deepEqual(
        lines[word],
        Array.from({ length: 20 }, (_, n) => `${word} ${n}`),
      );
  });

  test(`${kind} of a filter that floods stderr has its answer, and nobody's memory is filled`, async (t) => {
    let heard = 0;
    const log = (line: string) => {
      heard += line.length;
    };
    assert.equal(String(await openPool(t).run(Buffer.from('flood'), { log })), 'flooded');
    assert.ok(heard > 0 && heard <= 2 * 1024 ** 2, `${heard}`);
  });

  test(`${kind} of a filter: who goes away in the middle of a large input ends it, and the next is served`, async (t) => {
    const pool = openPool(t, { environment: {} });
    for (let round = 0; round < 10; round += 1) {
      const gone = new AbortController();
      const running = pool.run(large('half spin'), { signal: gone.signal });
      setImmediate(() => gone.abort(new Error('gone')));
      await assert.rejects(running, /gone/);
    }
    assert.equal(String(await pool.run(Buffer.from('x'))), 'x');
    assert.equal(pool.statistics.trapped, 0);
  });

  test(`${kind} of a filter that is killed from outside after half an answer has none, and the next request is served`, async (t) => {
    const source = instancesOf({}, () => {});
    const pids: number[] = [];
    const watched: InstanceSource = {
      ...source,
      start: async () => {
        const instance = await source.start();
        pids.push(instance.pid ?? assert.fail());
        return instance;
      },
    };
    const pool = openPool(t, { source: watched });
    await pool.ready();
    const [pid = assert.fail()] = pids;
    const running = pool.run(Buffer.from('half spin'), { log: () => process.kill(pid, 'SIGKILL') });
    await assert.rejects(running, { code: 'ERR_FUNCTION_UNAVAILABLE', message: /signal (9|SIGKILL)/ });
    assert.equal(String(await pool.run(Buffer.from('x'))), 'x');
  });
}

test('a fork of a filter whose CPU time is used up has no answer, and the next request is served', async (t) => {
  const source = forkInstances(testFunction('filter'), {
    ...forkOptions,
    kind: 'filter',
    forkAt: 'input',
    cpuSeconds: 1,
  });
  const pool = new FunctionPool({ ...poolOptions, source });
  t.after(() => pool.close());
  const message = `the function ended: signal ${constants.signals.SIGXCPU}`;
  await assert.rejects(pool.run(Buffer.from('spin')), { code: 'ERR_FUNCTION_TRAPPED', message });
  assert.equal(String(await pool.run(Buffer.from('x'))), 'x');
});

interface OpenOptions extends Partial<PoolOptions> {
  readonly environment?: Record<string, string>;
  readonly log?: (line: string) => void;
}
