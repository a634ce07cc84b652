import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type LoadResult, load } from '@app/bench/load';
import pWaitFor from 'p-wait-for';
import { startApplication } from '../application.js';
import { parts } from '../built-parts.js';
import { fixture, post } from '../hello.js';
import { figure } from '../metrics.js';
import { childrenOf, familyOf, memoryMb } from '../processes.js';
import { isLong } from './length.js';

const CONNECTIONS = isLong ? 500 : 100;
const SECONDS = isLong ? 60 : 2;
const INSTANCES = 2;
const QUEUE_LIMIT = 16;
/** So much more than a service has after a first load may it have after the next, in MB: what Node's heap moves by. */
const FLAT_MB = 150;

const application = await startApplication({
  env: {
    INSTANCES: String(INSTANCES),
    QUEUE_LIMIT: String(QUEUE_LIMIT),
    MAX_REQUESTS: '16',
    LOG_LEVEL: 'error',
  },
});
after(() => application.stop());
const hello = `${application.url}/api/hello`;
const picture = await fixture('rocket.jpg');
const photo = { file: parts.picture('rocket.jpg') };
const { apps } = application;
const imageUrl = (appId: string) => `${apps.get(appId)?.url}/api/image`;

function flood(url: string, api: string, seconds = SECONDS): Promise<LoadResult> {
  return load({ url, headers: { api } }, photo, { connections: CONNECTIONS, seconds });
}

function rssMb(): Record<string, number> {
  return Object.fromEntries(
    [...apps].map(([name, { pid = 0 }]) => [name, Math.round(memoryMb(pid, 'VmRSS'))]),
  );
}

/** That everything is at rest, and serves. */
async function isAtRest(): Promise<void> {
  for (const { url } of apps.values())
    await pWaitFor(async () => (await figure(url, 'http_requests_in_progress')) === 0, { timeout: 30_000 });
  // A service that could not say in time that it is healthy gets no calls from its sidecar until it has.
  for (const api of ['grayscale', 'classify'])
    await pWaitFor(async () => (await post(hello, picture, { api })).status === 200, { timeout: 30_000 });
}

/** Sends one picture after the other, as long as `until` takes; the times of the answers, in ms. */
async function oneByOne(
  api: string,
  until: Promise<unknown>,
  limit = Number.POSITIVE_INFINITY,
): Promise<number[]> {
  let over = false;
  void until.finally(() => {
    over = true;
  });
  const times: number[] = [];
  while (!over && times.length < limit) {
    const start = performance.now();
    const answer = await post(hello, picture, { api });
    assert.equal(answer.status, 200, `${answer.status}: ${answer.body}`);
    times.push(performance.now() - start);
  }
  return times;
}

function median(times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

const BUCKETS_MS = [1000, 2500, 5000, 10_000, 30_000, Number.POSITIVE_INFINITY];

/** How many requests were answered 200 so far, within each of `BUCKETS_MS`. */
async function answers(origin: string): Promise<number[]> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  return BUCKETS_MS.map((ms) => {
    const le = Number.isFinite(ms) ? String(ms / 1000) : '\\+Inf';
    const line = new RegExp(
      `^http_request_duration_seconds_bucket\\{le="${le}",method="POST",.*status="200"\\} (.*)$`,
      'm',
    );
    return Number(line.exec(text)?.[1] ?? 0);
  });
}

/** What a function has at most: its parent, and forks in work, ready, and about to be gone. */
const MAX_PROCESSES = 1 + 3 * INSTANCES;

function processesOf(appId: string): number {
  return childrenOf(apps.get(appId)?.pid ?? 0).reduce((sum, { pid }) => sum + familyOf(pid).length, 0);
}

/**
 * Asks now and then, as long as `until` takes, and checks what a client that is refused is told. The most processes that
 * the function had.
 */
async function askNowAndThen(url: string, api: string, until: Promise<unknown>): Promise<number> {
  let most = 0;
  while (!(await Promise.race([until.then(() => true), pause(100).then(() => false)]))) {
    most = Math.max(most, processesOf(`image-api-${api}`));
    const answer = await post(url, picture, { api });
    if (answer.status === 200) continue;
    assert.equal(answer.status, 503, `${answer.body}`);
    assert.match(answer.type, /^application\/problem\+json/);
    assert.equal(answer.headers.get('retry-after'), '1');
    assert.match(answer.body.toString(), /ERR_BUSY|ERR_FUNCTION_BUSY/);
  }
  return most;
}

for (const [what, url, appId, api] of [
  ['/api/hello, grayscale', hello, 'image-api-grayscale', 'grayscale'],
  ['/api/hello, classify', hello, 'image-api-classify', 'classify'],
  ['image-api-grayscale itself', imageUrl('image-api-grayscale'), 'image-api-grayscale', 'grayscale'],
] as const) {
  test(`${what}: ${CONNECTIONS} connections at once get 200 in good time, or 503, and nothing grows`, async (t) => {
    await flood(url, api, SECONDS / 3);
    await isAtRest();
    const before = rssMb();
    const { origin } = new URL(url);
    const earlier = await answers(origin);
    const flooding = flood(url, api);
    const processes = await askNowAndThen(url, api, flooding);
    const { statuses, p50Ms, p99Ms, perSecond } = await flooding;
    const runMs =
      1000 *
      (await figure(apps.get(appId)?.url ?? '', `function_run_seconds{function="${api}",quantile="0.99"}`));
    await isAtRest();
    const grown = rssMb();
    t.diagnostic(
      JSON.stringify({
        seconds: SECONDS,
        statuses,
        perSecond,
        p50Ms,
        p99Ms,
        runMs,
        processes,
        before,
        after: grown,
      }),
    );

    assert.deepEqual(Object.keys(statuses).sort(), ['200', '503']);
    assert.ok(processes > 0 && processes <= MAX_PROCESSES, `${processes} processes`);
    // Those that wait before it, and its own: by turns, as many at a time as there are instances.
    const turns = Math.ceil(QUEUE_LIMIT / INSTANCES) + 1;
    // As much again for HTTP, and for the next instance, on processors that are all busy. Measured where the request
    // arrives: how long a connection waits to be accepted is in nobody's hand (libuv takes one a turn of its loop).
    const boundMs = 2 * turns * runMs + 1000;
    const all = (await answers(origin)).map((count, index) => count - (earlier[index] ?? 0));
    const inTime = all[BUCKETS_MS.findIndex((ms) => ms >= boundMs)] ?? 0;
    assert.ok(inTime >= 0.99 * (all.at(-1) ?? 0), `within ${boundMs} ms: ${inTime} of ${all.at(-1)}`);
    for (const [name, mb] of Object.entries(grown))
      assert.ok(mb < (before[name] ?? 0) + FLAT_MB, `${name} grew from ${before[name]} to ${mb} MB`);
  });
}

test('classify refuses nobody while grayscale is flooded, and does not stand in its queue', async (t) => {
  const alone = median(await oneByOne('classify', new Promise(() => {}), 30));
  const flooding = flood(hello, 'grayscale');
  const beside = median(await oneByOne('classify', flooding));
  const { statuses, p50Ms } = await flooding;
  await isAtRest();
  t.diagnostic(JSON.stringify({ seconds: SECONDS, alone, beside, flood: statuses, floodP50Ms: p50Ms }));
  assert.ok((statuses['503'] ?? 0) > 0, 'grayscale was not flooded');
  // It shares the processors with the flood and with those who make it, and gets its part of them.
  assert.ok(beside < 5 * alone, `${beside} ms, and ${alone} ms alone`);
  assert.ok(beside < (p50Ms ?? 0), `${beside} ms, grayscale ${p50Ms} ms`);
});
