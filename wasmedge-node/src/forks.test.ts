import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ForkEndings } from './fork-endings.js';

const ending = (how: string) => ({ how, killed: false });

test('a fork that ends after its pid is known, or before, has its own ending', async () => {
  const endings = new ForkEndings();
  const { promise, resolve } = withResolvers();
  const watched = [endings.watch(Promise.resolve(1)), endings.watch(promise)];
  endings.ended(2, ending('early'));
  resolve(2);
  const [first, second] = await Promise.all(watched);
  endings.ended(1, ending('late'));
  assert.deepEqual([await first?.gone, await second?.gone], [ending('late'), ending('early')]);
});

test('the ending of a fork whose pid never came is not that of a later fork with the same pid', async () => {
  const endings = new ForkEndings();
  const { promise, reject } = withResolvers();
  const failed = endings.watch(promise);
  endings.ended(3, ending('before it said who it is'));
  reject(new Error('the connection was closed'));
  await assert.rejects(failed, /closed/);
  endings.ended(3, ending('nobody asks for it any more'));
  const { gone } = await endings.watch(Promise.resolve(3));
  endings.ended(3, ending('its own'));
  assert.deepEqual(await gone, ending('its own'));
});

test('all forks end with their parent, and those that come later have ended already', async () => {
  const endings = new ForkEndings();
  const { gone } = await endings.watch(Promise.resolve(4));
  endings.allEnded(ending('its parent ended'));
  assert.deepEqual(await gone, ending('its parent ended'));
  assert.deepEqual(await (await endings.watch(Promise.resolve(5))).gone, ending('its parent ended'));
});

function withResolvers() {
  let resolve: (pid: number) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<number>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}
