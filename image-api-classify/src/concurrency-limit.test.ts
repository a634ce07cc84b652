import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from './turns.js';

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
  const turns = new Turns(2);
  const works = [work(), work(), work(), work()];
  const all = Promise.all(works.map(({ begin }) => turns.take(begin, signal)));
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
  const turns = new Turns(1);
  const [first, second, third] = [work(), work(), work()];
  const gone = new AbortController();
  const firstDone = turns.take(first.begin, signal);
  const secondDone = turns.take(second.begin, gone.signal);
  const thirdDone = turns.take(third.begin, signal);
  const reason = new Error('gone');
  gone.abort(reason);
  await assert.rejects(secondDone, reason);
  first.end();
  third.end();
  await Promise.all([firstDone, thirdDone]);
  assert.equal(second.begun(), false);
  await assert.rejects(turns.take(second.begin, gone.signal), reason);
});

test('who goes away at work is told at once, and the turn is over when the work is', async () => {
  const turns = new Turns(1);
  const [first, second] = [work(), work()];
  const gone = new AbortController();
  const firstDone = turns.take(first.begin, gone.signal);
  const secondDone = turns.take(second.begin, signal);
  gone.abort(new Error('gone'));
  await assert.rejects(firstDone, /gone/);
  assert.equal(second.begun(), false);
  first.end();
  second.end();
  await secondDone;
});
