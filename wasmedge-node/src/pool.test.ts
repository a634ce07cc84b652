import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import {
  type FunctionCommand,
  FunctionPool,
  forkInstances,
  type InstanceSource,
  type PoolOptions,
  processInstances,
} from './index.js';
import { forkOptions, misbehavingFunction, poolOptions, testFunction } from './test-functions.js';

interface PoolSettings extends Partial<PoolOptions> {
  environment?: Record<string, string>;
  startTimeoutMs?: number;
}

type Kind = 'forks that serve' | 'forks of a filter' | 'processes';

/** What a pool's instances can be; the pool behaves the same with each. */
const kinds: Record<Kind, { command: FunctionCommand; instancesOf: InstancesOf }> = {
  'forks that serve': {
    command: testFunction('misbehave'),
    instancesOf: (command, startTimeoutMs) => forkInstances(command, { ...forkOptions, startTimeoutMs }),
  },
  'forks of a filter': {
    command: testFunction('filter'),
    instancesOf: (command, startTimeoutMs) =>
      forkInstances(command, { ...forkOptions, kind: 'filter', forkAt: 'input', startTimeoutMs }),
  },
  processes: {
    command: testFunction('filter'),
    instancesOf: (command, startTimeoutMs) => processInstances(command, { startTimeoutMs, log: () => {} }),
  },
};
type InstancesOf = (command: FunctionCommand, startTimeoutMs: number) => InstanceSource;

const run = async (pool: FunctionPool, input: string) => (await pool.run(Buffer.from(input))).toString();

test('the functions of these tests have been built', () => {
  assert.ok(existsSync(misbehavingFunction.file), 'run `npm test`, which builds it');
});

test('a WasmEdge that is not there is named', async (t) => {
  const source = processInstances({ ...misbehavingFunction, wasmedge: '/nowhere/wasmedge' }, forkOptions);
  const pool = new FunctionPool({ ...poolOptions, source });
  t.after(() => pool.close());
  await assert.rejects(pool.ready(), /\/nowhere\/wasmedge could not be run/);
});

for (const [kind, { command, instancesOf }] of Object.entries(kinds)) {
  const isServe = kind === 'forks that serve';

  /** A pool of a test function, and the check that nothing of it is left after the test. */
  const openPool = (t: TestContext, settings: PoolSettings = {}): FunctionPool => {
    const { environment = {}, startTimeoutMs = 10_000, ...options } = settings;
    const instances: Promise<unknown>[] = [];
    const source = instancesOf({ ...command, environment }, startTimeoutMs);
    const watched: InstanceSource = {
      ...source,
      start: async () => {
        const instance = await source.start();
        instances.push(instance.gone);
        return instance;
      },
    };
    const pool = new FunctionPool({ ...poolOptions, source: watched, ...options });
    t.after(async () => {
      await pool.close();
      await Promise.all(instances);
    });
    return pool;
  };

  test(`${kind}: a request gets its answer, byte for byte`, async (t) => {
    const pool = openPool(t);
    const input = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 31) % 256));
    assert.deepEqual(await pool.run(input), input);
  });

  test(`${kind}: an empty input gets an empty answer`, async (t) => {
    assert.equal(await run(openPool(t), ''), '');
  });

  test(`${kind}: each request gets a fresh instance by default`, async (t) => {
    const pool = openPool(t);
    for (let request = 0; request < 3; request += 1) assert.equal(await run(pool, 'how many'), '1');
  });

  test(`${kind}: requests are served in the order of their arrival`, async (t) => {
    const pool = openPool(t);
    const order: number[] = [];
    await Promise.all(
      [1, 2, 3, 4, 5].map((number) => run(pool, String(number)).then(() => order.push(number))),
    );
    assert.deepEqual(order, [1, 2, 3, 4, 5]);
  });

  test(`${kind}: a function sees the environment it is given and nothing of the host`, async (t) => {
    const seen = await run(openPool(t, { environment: { MAX_PIXELS: '7' } }), 'environment');
    const mode = isServe ? ['WASM_FUNCTION_MODE=serve'] : [];
    assert.deepEqual(seen.split('\n').sort(), ['MAX_PIXELS=7', ...mode]);
  });

  for (const [input, code, message] of [
    ['bad input', 'ERR_FUNCTION_INPUT', 'this input is no good'],
    ['failure', 'ERR_FUNCTION_FAILED', 'this function is no good'],
  ] as const) {
    test(`${kind}: the answer «${input}» is ${code} with the function's own message`, async (t) => {
      await assert.rejects(run(openPool(t), input), { code, message });
    });
  }

  for (const input of isServe
    ? ['trap', 'exit', 'garbage', 'half a frame', 'too much', 'huge announcement', 'memory']
    : ['trap', 'half trap', 'memory', 'endless']) {
    test(`${kind}: an instance that answers with «${input}» is ended, and the next request is served`, async (t) => {
      const pool = openPool(t, { requestsPerInstance: 100 });
      await assert.rejects(run(pool, input), { code: 'ERR_FUNCTION_TRAPPED' });
      assert.equal(await run(pool, 'how many'), '1');
      assert.equal(pool.statistics.trapped, 1);
    });
  }

  test(`${kind}: what WasmEdge says of a trap is in the message`, async (t) => {
    await assert.rejects(run(openPool(t), 'trap'), /unreachable/);
  });

  test(`${kind}: an instance in an endless loop is killed at the deadline, and the next request is served`, async (t) => {
    const pool = openPool(t, { timeoutMs: 1500 });
    await pool.ready();
    await assert.rejects(run(pool, 'spin'), { code: 'ERR_FUNCTION_TIMEOUT' });
    assert.equal(await run(pool, 'x'), 'x');
    assert.deepEqual([pool.statistics.timedOut, pool.statistics.killed], [1, 1]);
  });

  test(`${kind}: a request that waits too long for an instance times out without one`, async (t) => {
    const pool = openPool(t, { timeoutMs: 1000 });
    await pool.ready();
    const start = performance.now();
    const [first, second] = await Promise.all(
      ['spin', 'spin'].map(async (input) => {
        await assert.rejects(run(pool, input), { code: 'ERR_FUNCTION_TIMEOUT' });
        return performance.now() - start;
      }),
    );
    // If its time began with its turn, it would take twice as long.
    assert.ok((second ?? 0) < 1.5 * (first ?? 0), `${second} ms, and the first ${first} ms`);
    assert.equal(pool.statistics.timedOut, 2);
  });

  test(`${kind}: a caller that goes away frees its place: its instance is killed`, async (t) => {
    const pool = openPool(t);
    const abort = new AbortController();
    await pool.ready();
    const spinning = pool.run(Buffer.from('spin'), { signal: abort.signal });
    const next = run(pool, 'x');
    abort.abort(new Error('gone'));
    await assert.rejects(spinning, /gone/);
    assert.equal(await next, 'x');
    assert.equal(pool.statistics.killed, 1);
  });

  test(`${kind}: a caller that goes away while it waits leaves the queue`, async (t) => {
    const pool = openPool(t);
    const [first, second] = [new AbortController(), new AbortController()];
    await pool.ready();
    const spinning = pool.run(Buffer.from('spin'), { signal: first.signal });
    const waiting = pool.run(Buffer.from('x'), { signal: second.signal });
    second.abort(new Error('gone'));
    await assert.rejects(waiting, /gone/);
    assert.equal(pool.statistics.waiting, 0);
    first.abort(new Error('gone too'));
    await assert.rejects(spinning, /gone too/);
  });

  test(`${kind}: an aborted signal stops a request before it starts`, async (t) => {
    const signal = AbortSignal.abort(new Error('too late'));
    await assert.rejects(openPool(t).run(Buffer.from('x'), { signal }), /too late/);
  });

  test(`${kind}: more requests than may wait are refused at once`, async (t) => {
    const pool = openPool(t, { queueLimit: 1 });
    await pool.ready();
    const results = await Promise.allSettled([run(pool, 'a'), run(pool, 'b'), run(pool, 'c')]);
    assert.deepEqual(
      results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.code)),
      ['a', 'b', 'ERR_FUNCTION_BUSY'],
    );
    assert.equal(pool.statistics.refused, 1);
  });

  test(`${kind}: close answers what it has taken, takes nothing more, and leaves nothing`, async (t) => {
    const pool = openPool(t);
    await pool.ready();
    const taken = [run(pool, 'a'), run(pool, 'b'), run(pool, 'c')];
    const closed = pool.close();
    await assert.rejects(run(pool, 'd'), { code: 'ERR_FUNCTION_CLOSED' });
    assert.deepEqual(await Promise.all(taken), ['a', 'b', 'c']);
    await closed;
    assert.deepEqual([pool.healthy, pool.statistics.ready], [false, 0]);
  });

  // A filter ends with its answer, and is ready as soon as it is there.
  if (!isServe) continue;

  for (const [input, code, message] of [
    ['empty', 'ERR_FUNCTION_INPUT_EMPTY', 'there is nothing in it'],
    ['too large', 'ERR_FUNCTION_INPUT_TOO_LARGE', 'there is too much in it'],
    ['format', 'ERR_FUNCTION_INPUT_FORMAT', 'this is no format of mine'],
    ['unknown status', 'ERR_FUNCTION_TRAPPED', /wrote what is not an answer/],
  ] as const)
    test(`${kind}: an answer whose status says «${input}» is ${code}`, async (t) => {
      await assert.rejects(run(openPool(t), input), { code, message });
    });

  test(`${kind}: an instance is reused as often as the pool allows, then retired`, async (t) => {
    const pool = openPool(t, { requestsPerInstance: 2 });
    const counts = [];
    for (let request = 0; request < 5; request += 1) counts.push(await run(pool, 'how many'));
    assert.deepEqual(counts, ['1', '2', '1', '2', '1']);
    assert.equal(pool.statistics.retired, 2);
  });

  test(`${kind}: an instance that has grown too large is retired after its answer`, async (t) => {
    const pool = openPool(t, { requestsPerInstance: 10, retireAboveBytes: 48 * 1024 ** 2 });
    for (const [input, answer] of [
      ['how many', '1'],
      ['grow', 'grow'],
      ['grow', 'grow'],
      ['how many', '1'],
    ] as const)
      assert.equal(await run(pool, input), answer);
    assert.equal(pool.statistics.retired, 1);
  });

  for (const [atStart, message] of [
    ['exit', /exit (code )?2: the model is missing/],
    ['garbage', /before it was ready: "hello there/],
  ] as const) {
    test(`${kind}: a function that starts with «${atStart}» is not healthy, and says why`, async (t) => {
      const pool = openPool(t, { environment: { AT_START: atStart } });
      await assert.rejects(pool.ready(), { code: 'ERR_FUNCTION_TRAPPED', message });
      assert.equal(pool.healthy, false);
    });
  }

  test(`${kind}: a function that never becomes ready fails the requests that wait for it, at their deadline`, async (t) => {
    const pool = openPool(t, { environment: { AT_START: 'silence' }, timeoutMs: 500 });
    await assert.rejects(run(pool, 'x'), { code: 'ERR_FUNCTION_TIMEOUT' });
  });

  test(`${kind}: an instance that is not ready in time is ended`, async (t) => {
    const pool = openPool(t, { environment: { AT_START: 'silence' }, startTimeoutMs: 500 });
    await assert.rejects(pool.ready(), {
      code: 'ERR_FUNCTION_UNAVAILABLE',
      message: /not ready within 500 ms/,
    });
    assert.equal(pool.healthy, false);
  });

  test(`${kind}: a function that cannot start fails the requests that wait for it`, async (t) => {
    const pool = openPool(t, { environment: { AT_START: 'exit' } });
    await assert.rejects(run(pool, 'x'), {
      code: 'ERR_FUNCTION_UNAVAILABLE',
      message: /the model is missing/,
    });
  });
}

test('an instance that does not start fails no request while another is about to be ready', async (t) => {
  const source = forkInstances(misbehavingFunction, forkOptions);
  let starts = 0;
  const firstFails: InstanceSource = {
    ...source,
    start: () => {
      starts += 1;
      return starts === 1 ? Promise.reject(new Error('not this time')) : source.start();
    },
  };
  const pool = new FunctionPool({ ...poolOptions, source: firstFails, instances: 2 });
  t.after(() => pool.close());
  assert.equal(await run(pool, 'x'), 'x');
});
