import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startEdgeBefore } from './edge-before.js';
import { post } from './hello.js';

/** TIMEOUT_MS of web-port. */
const TIMEOUT_MS = 7000;

const edge = await startEdgeBefore('header-echo.js', { TIMEOUT_MS: String(TIMEOUT_MS), LOG_LEVEL: 'error' });
after(() => edge.stop());

for (const api of ['grayscale', 'classify'])
  for (const [what, asked, most] of [
    ['its own deadline', undefined, TIMEOUT_MS],
    ["a client's nearer deadline", 2500, 2500],
    ["its own, where a client's is later,", 60_000, TIMEOUT_MS],
  ] as const)
    test(`web-port passes on to ${api} what is left of ${what} through both sidecars`, async () => {
      const headers = { api, accept: 'application/json', ...(asked && { 'x-timeout-ms': String(asked) }) };
      const { status, body } = await post(`${edge.url}/api/hello`, Buffer.from('a picture'), headers);
      assert.equal(status, 200, `${body}`);
      const left = Number(JSON.parse(body.toString()).sentence);
      assert.ok(left > most / 2 && left <= most, `${left} ms of ${most}`);
    });
