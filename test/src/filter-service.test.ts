import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { z } from 'zod';
import { functionFolders } from './function-folders.js';
import { fixture, post } from './hello.js';
import { startService } from './service.js';
import { tracing } from './tracing.js';

const coffee = await fixture('coffee.png');
const Line = z.object({ function: z.string(), traceId: z.string(), line: z.string() });

/** A service of the guest that is a filter without any kit, in the kind of instance that is asked for. */
async function start(t: TestContext, kind: 'fork' | 'process') {
  const { env } = await functionFolders(t, {
    filter: { guest: 'filter', manifest: { instances: 2, limits: { timeout: '3s' } } },
  });
  const service = await startService(t, 'function-service', { ...env, INSTANCE_KIND: kind });
  return { ...service, address: `${service.url}/functions/filter` };
}

for (const kind of ['fork', 'process'] as const) {
  test(`${kind}: a program that reads stdin and writes stdout is a function, each request in one of its own`, async (t) => {
    const { address } = await start(t, kind);
    for (let request = 0; request < 3; request += 1) {
      const { status, type, body } = await post(address, coffee);
      assert.deepEqual([status, type, body.equals(coffee)], [200, 'image/png', true]);
    }
    assert.equal((await post(address, undefined)).status, 200);
    const nothing = await post(address, Buffer.from('nothing'));
    assert.deepEqual([nothing.status, nothing.headers.get('x-content-length')], [200, '0']);
  });

  for (const [order, status, detail] of [
    ['bad input', 422, /"detail":"This input is no good\."/],
    ['failure', 500, /failed on this input/],
    ['exit 77', 500, /failed on this input/],
    ['trap', 500, /failed on this input/],
    ['half trap', 500, /failed on this input/],
    ['spin', 504, /gave no answer within|took too long/],
  ] as const)
    test(`${kind}: a filter that is told «${order}» is ${status}, and the next request is served`, async (t) => {
      const { address } = await start(t, kind);
      const answer = await post(address, Buffer.from(order));
      assert.equal(answer.status, status, `${answer.body}`);
      assert.match(answer.type, /^application\/problem\+json/);
      assert.match(`${answer.body}`, detail);
      assert.equal(`${(await post(address, Buffer.from('x'))).body}`, 'x');
    });

  test(`${kind}: what a filter writes to stderr is in the log with its name and the trace id of its request`, async (t) => {
    const { address, output } = await start(t, kind);
    const traces = { one: tracing(), two: tracing() };
    await Promise.all(
      (['one', 'two'] as const).map((word) =>
        post(address, Buffer.from(`say ${word}`), traces[word].headers),
      ),
    );
    for (const word of ['one', 'two'] as const) {
      const lines = () =>
        output()
          .split('\n')
          .filter((line) => line.includes('wrote to stderr') && line.includes(traces[word].id));
      await pWaitFor(() => lines().length === 20, { interval: 10, timeout: 5000 });
      const told = lines().map((line) => Line.parse(JSON.parse(line)));
      assert.deepEqual(
        told.map(({ line }) => line),
        Array.from({ length: 20 }, (_, n) => `${word} ${n}`),
      );
      for (const line of told) assert.deepEqual([line.function, line.traceId], ['filter', traces[word].id]);
    }
  });
}

test('INSTANCE_KIND=process says in the log and in /healthz that the sandbox is missing; forks have theirs', async (t) => {
  const process = await start(t, 'process');
  const said = /"level":40[^\n]*sandbox is missing[^\n]*"msg":"function ready, without a sandbox"/;
  assert.match(process.output(), said);
  const healthOf = async (url: string) => (await fetch(`${url}/healthz`)).text();
  assert.match(
    await healthOf(process.url),
    /"sandbox":"INSTANCE_KIND=process: the kernel's sandbox is missing"/,
  );
  const fork = await start(t, 'fork');
  assert.doesNotMatch(fork.output(), said);
  assert.match(fork.output(), /"kind":"filter"[^\n]*"sandbox":"imports checked, seccomp \(2 filters\)/);
  assert.doesNotMatch(await healthOf(fork.url), /sandbox/);
});
