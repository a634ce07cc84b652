import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { fixture, post } from './hello.js';
import { figure } from './metrics.js';
import { FUNCTION, order } from './misbehave.js';
import { childrenOf } from './processes.js';
import { startService } from './service.js';
import { tracing } from './tracing.js';

const coffee = await fixture('coffee.png');

async function start(t: TestContext) {
  const service = await startService(t, 'image-api-grayscale', {
    FUNCTION,
    INSTANCES: '1',
    MEMORY_PAGES: '1024',
    TIMEOUT_MS: '2000',
  });
  const url = `${service.url}/api/image`;
  /** Sends a picture; the lines with its trace id, once those of a later picture are there. */
  const linesOf = async (what: string, meanwhile = async () => {}) => {
    const [own, later] = [tracing(), tracing()];
    const answering = post(url, order(what, coffee), own.headers);
    await meanwhile();
    const { status } = await answering;
    await pWaitFor(async () => (await post(url, coffee, later.headers)).status === 200, { timeout: 10_000 });
    await pWaitFor(() => service.output().includes(later.id), { interval: 10, timeout: 10_000 });
    const lines = service
      .output()
      .split('\n')
      .filter((line) => line.includes(own.id));
    // What the function wrote itself is beside the request's line.
    return { status, lines: lines.filter((line) => !line.includes('"msg":"the function wrote to stderr"')) };
  };
  return { service, linesOf };
}

for (const [what, status, cause] of [
  ['trap', 500, /the function ended: .*unreachable/],
  ['exit', 500, /the function ended: exit/],
  ['garbage', 500, /the function broke the protocol: /],
  ['half a frame', 500, /the function ended: /],
  ['too much', 500, /the function broke the protocol: /],
  ['huge announcement', 500, /the function broke the protocol: /],
  ['memory', 500, /the function ended: /],
  ['spin', 504, /the function gave no answer within \d+ ms|took too long/],
  ['failure', 500, /this function is no good/],
  ['bad input', 422, /[tT]his input is no good/],
] as const)
  test(`a function that answers with «${what}» leaves one line with the trace id and the cause`, async (t) => {
    const { linesOf } = await start(t);
    const answer = await linesOf(what);
    assert.equal(answer.status, status);
    assert.equal(answer.lines.length, 1, answer.lines.join('\n'));
    assert.match(String(answer.lines), cause);
  });

for (const [whom, cause] of [
  ['a fork', /the function ended: signal 9/],
  ["the forks' parent", /the function ended: its parent ended: signal SIGKILL/],
] as const)
  test(`kill -9 of ${whom} leaves one line with the trace id and the cause`, async (t) => {
    const { service, linesOf } = await start(t);
    const answer = await linesOf('spin', async () => {
      await pWaitFor(async () => (await figure(service.url, 'function_running')) === 1, { interval: 5 });
      const [parent] = childrenOf(service.process.pid ?? 0);
      assert.ok(parent);
      // The older fork works, the other one is ready.
      const forks = childrenOf(parent.pid);
      process.kill(whom === 'a fork' ? Math.min(...forks.map(({ pid }) => pid)) : parent.pid, 'SIGKILL');
    });
    assert.equal(answer.status, 503);
    assert.equal(answer.lines.length, 1, answer.lines.join('\n'));
    assert.match(String(answer.lines), cause);
  });
