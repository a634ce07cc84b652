import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Forks } from './forks.js';

const ending = (how: string) => ({ how, exitCode: undefined, killed: false });

test('a fork that ends after its pid is known, or before, has its own ending', async () => {
  const forks = new Forks();
  const { promise, resolve } = withResolvers();
  const watched = [forks.watch(Promise.resolve(1)), forks.watch(promise)];
  forks.ended(2, ending('early'));
  resolve(2);
  const [first, second] = await Promise.all(watched);
  forks.ended(1, ending('late'));
  assert.deepEqual([await first?.fork.gone, await second?.fork.gone], [ending('late'), ending('early')]);
});

test('the ending of a fork whose pid never came is not that of a later fork with the same pid', async () => {
  const forks = new Forks();
  const { promise, reject } = withResolvers();
  const failed = forks.watch(promise);
  forks.ended(3, ending('before it said who it is'));
  reject(new Error('the connection was closed'));
  await assert.rejects(failed, /closed/);
  forks.ended(3, ending('nobody asks for it any more'));
  const { fork } = await forks.watch(Promise.resolve(3));
  forks.ended(3, ending('its own'));
  assert.deepEqual(await fork.gone, ending('its own'));
});

test('all forks end with their parent, and those that come later have ended already', async () => {
  const forks = new Forks();
  const { fork } = await forks.watch(Promise.resolve(4));
  forks.allEnded(ending('its parent ended'));
  assert.deepEqual(await fork.gone, ending('its parent ended'));
  const later = await forks.watch(Promise.resolve(5));
  assert.deepEqual(await later.fork.gone, ending('its parent ended'));
});

test('the lines of a fork are heard from the first one, and the last ones are in its ending', async () => {
  const forks = new Forks();
  const { promise, resolve } = withResolvers();
  const watched = forks.watch(promise);
  forks.get(6)?.said('before its pid is known');
  resolve(6);
  const { fork } = await watched;
  const heard: string[] = [];
  fork.listen((line) => heard.push(line));
  for (let line = 1; line <= 25; line += 1) forks.get(6)?.said(`line ${line}`);
  assert.deepEqual(heard.slice(0, 2), ['before its pid is known', 'line 1']);
  assert.equal(heard.length, 26);
  forks.ended(6, { how: 'exit 3', exitCode: 3, killed: false });
  const lines = Array.from({ length: 20 }, (_, index) => `line ${index + 6}`);
  assert.equal((await fork.gone).how, ['exit 3', ...lines].join(': '));
});

function withResolvers() {
  let resolve: (pid: number) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<number>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}
