import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { FilterConnection } from './filter-connection.js';
import type { Ending, InstanceListener } from './instance.js';

/** A connection to an instance that the test speaks for. */
function connected() {
  const logged: string[] = [];
  let listener: InstanceListener | undefined;
  let end = (_: Ending) => {};
  const gone = new Promise<Ending>((resolve) => (end = resolve));
  const instance = {
    pid: 1,
    input: new PassThrough(),
    listen: (given: InstanceListener) => (listener = given),
    gone,
    kill: () => {},
  };
  const source = {
    kind: 'filter' as const,
    startTimeoutMs: 1000,
    log: (line: string) => logged.push(line),
    start: async () => instance,
    close: async () => {},
  };
  const connection = new FilterConnection(source, instance, 1000);
  return { connection, logged, say: (line: string) => listener?.line(line), end };
}

test('what a filter says of the input that it lacks, as it is ended without a request, is nobody’s matter', async () => {
  const { connection, logged, say, end } = connected();
  say('loading');
  connection.kill();
  say('this is no bitmap');
  end({ how: 'exit 1', exitCode: 1, killed: false });
  await connection.gone;
  assert.deepEqual(logged, ['loading']);
});

test('what a filter says when it ends before it has a request is logged', async () => {
  const { connection, logged, say, end } = connected();
  say('this cannot be');
  end({ how: 'exit 3', exitCode: 3, killed: false });
  await connection.gone;
  assert.deepEqual(logged, ['this cannot be']);
});
