import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Lane } from './lane.js';

const fail = (error: unknown) => assert.fail(String(error));

/** A job that ends when it is told to, or broken off. */
function slowJob() {
  const started: { end(): void; signal: AbortSignal; askedAt: number }[] = [];
  const job = (signal: AbortSignal, askedAt: number) =>
    new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      started.push({ end: resolve, signal, askedAt });
    });
  return { started, job };
}

test('what is asked for while it is done is broken off and done again, once', async () => {
  const { started, job } = slowJob();
  const lane = new Lane(job, fail);
  lane.ask(1);
  await setImmediate();
  lane.ask(2);
  lane.ask(3);
  await setImmediate();
  assert.equal(started.length, 2);
  assert.deepEqual(
    started.map(({ signal, askedAt }) => [signal.aborted, askedAt]),
    [
      [true, 1],
      [false, 2],
    ],
  );
  started[1]?.end();
  await lane.idle();
  assert.equal(started.length, 2);
});

test('an error of a job is told, and the next one is done', async () => {
  const errors: unknown[] = [];
  let runs = 0;
  const lane = new Lane(
    async () => {
      runs += 1;
      if (runs === 1) throw new Error('no such word');
    },
    (error) => errors.push(error),
  );
  lane.ask();
  await lane.idle();
  lane.ask();
  await lane.idle();
  assert.equal(runs, 2);
  assert.match(String(errors), /no such word/);
});

test('a closed lane does nothing more', async () => {
  const { started, job } = slowJob();
  const lane = new Lane(job, fail);
  lane.ask();
  await setImmediate();
  await lane.close();
  lane.ask();
  await lane.idle();
  assert.equal(started.length, 1);
});
