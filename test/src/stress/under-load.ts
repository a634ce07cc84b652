import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import pWaitFor from 'p-wait-for';
import { acceptedPost } from '../accepted-request.js';
import { APIS, type Api, knownPicture } from './checked-answer.js';
import { isLong } from './length.js';
import { SteadyLoad } from './steady-load.js';

const picture = await knownPicture();
const ANSWER_TIMEOUT_MS = 40_000;

/** The promise: so long after a signal all is over. */
export const OVER_WITHIN_MS = 10_000;

/** Does something once, or in the long form so many times. */
export async function rounds(count: number, round: (number: number) => Promise<void>): Promise<void> {
  for (let number = 0; number < (isLong ? count : 1); number += 1) await round(number);
}

/** Requests of these functions that a service has in its hands, and a load beside them that has begun to be answered. */
export async function underLoad(
  t: TestContext,
  url: string,
  {
    apis = APIS,
    allowed = [503],
    held: count = 3,
  }: { apis?: readonly Api[]; allowed?: readonly number[]; held?: number } = {},
) {
  const load = await SteadyLoad.start(t, { url, apis, clients: 4, timeoutMs: ANSWER_TIMEOUT_MS, allowed });
  await pWaitFor(() => load.right >= 4, { interval: 5, timeout: 30_000 });
  const held = await Promise.all(
    apis.flatMap((api) =>
      Array.from({ length: count }, async () => ({
        api,
        request: await acceptedPost(url, picture.bytes, picture.headers(api)),
      })),
    ),
  );
  // Who comes later finds nobody at the address.
  load.edgeMayBeAway = true;
  return {
    load,
    /** Sends the bodies, and checks that all answers are right ones. */
    finish: async () => {
      for (const { api, request } of held) await picture.check(api, await request.finish(), [503]);
      await load.stop();
      assert.deepEqual(load.wrong, []);
      return load.answers;
    },
  };
}
