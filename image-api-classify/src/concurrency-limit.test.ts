import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConcurrencyLimit } from './concurrency-limit.js';

/** Work that ends when it is told to. */
function work() {
  let end = () => {};
  let begun = false;
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    begun: () => begun,
    end: () => end(),
    begin: () => {
      begun = true;
      return done;
    },
  };
}

const { signal } = new AbortController();

test('no more work at once than may, and each in its turn', async () => {
  const turns = new ConcurrencyLimit(2);
  const works = [work(), work(), work(), work()];
  const all = Promise.all(works.map(({ begin }) => turns.run(begin, signal)));
  await new Promise(setImmediate);
  assert.deepEqual(
    works.map(({ begun }) => begun()),
    [true, true, false, false],
  );
  works[1]?.end();
  await new Promise(setImmediate);
  assert.deepEqual(
    works.map(({ begun }) => begun()),
    [true, true, true, false],
  );
  for (const { end } of works) end();
  await all;
});

test('who goes away while it waits never begins', async () => {
  const turns = new ConcurrencyLimit(1);
  const [first, second, third] = [work(), work(), work()];
  const gone = new AbortController();
  const firstDone = turns.run(first.begin, signal);
  const secondDone = turns.run(second.begin, gone.signal);
  const thirdDone = turns.run(third.begin, signal);
  const reason = new Error('gone');
  gone.abort(reason);
  await assert.rejects(secondDone, reason);
  first.end();
  third.end();
  await Promise.all([firstDone, thirdDone]);
  assert.equal(second.begun(), false);
  await assert.rejects(turns.run(second.begin, gone.signal), reason);
});

test('who goes away at work is told at once, and the turn is over when the work is', async () => {
  const turns = new ConcurrencyLimit(1);
  const [first, second] = [work(), work()];
  const gone = new AbortController();
  const firstDone = turns.run(first.begin, gone.signal);
  const secondDone = turns.run(second.begin, signal);
  gone.abort(new Error('gone'));
  await assert.rejects(firstDone, /gone/);
  assert.equal(second.begun(), false);
  first.end();
  second.end();
  await secondDone;
});
