import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import sharp from 'sharp';
import { startApplication } from './application.js';
import { fixture, post } from './hello.js';

const application = await startApplication({
  env: { INSTANCES: '1', QUEUE_LIMIT: '0', TIMEOUT_MS: '10000' },
});
after(() => application.stop());
const hello = `${application.url}/api/hello`;
const coffee = await fixture('coffee.png');

test('more requests than may wait are 503 with Retry-After, and the others are answered', async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, () => post(hello, coffee)));
  const statuses = new Set(answers.map(({ status }) => status));
  assert.deepEqual([...statuses].sort(), [200, 503]);
  for (const { status, headers, type } of answers)
    if (status === 503)
      assert.deepEqual([headers.get('retry-after'), type], ['1', 'application/problem+json; charset=utf-8']);
});

test('a deadline that is too short for the function is 504, and the next request is served', async () => {
  // Small to send and long to compute: a hundred times the pixels of a photo.
  const large = await sharp({ create: { width: 7000, height: 7000, channels: 4, background: 'teal' } })
    .png()
    .toBuffer();
  const answer = await post(hello, large, { 'x-timeout-ms': '250' });
  assert.equal(answer.status, 504);
  assert.match(answer.body.toString(), /took too long|gave no answer/);
  await pWaitFor(async () => (await post(hello, coffee)).status === 200, { timeout: 5000 });
});

for (const [api, appId] of [
  ['grayscale', 'image-api-grayscale'],
  ['classify', 'image-api-classify'],
] as const) {
  test(`${api}: a service that dies is 502 or 503 until it is back, by itself`, async () => {
    const pid = application.apps.get(appId)?.pid;
    assert.ok(pid);
    process.kill(pid, 'SIGKILL');
    const answer = await post(hello, coffee, { api });
    assert.ok([502, 503].includes(answer.status), `${answer.status}: ${answer.body}`);
    assert.match(answer.type, /^application\/problem\+json/);
    await pWaitFor(async () => (await post(hello, coffee, { api })).status === 200, { timeout: 20_000 });
  });
}

test('a sidecar that dies is 502 with a detail that says what to look at', async () => {
  const pid = application.apps.get('web-port')?.daprPid;
  assert.ok(pid);
  process.kill(pid, 'SIGKILL');
  const answer = await post(hello, coffee);
  assert.equal(answer.status, 502);
  assert.match(answer.body.toString(), /image-api-grayscale cannot be reached/);
  await pWaitFor(async () => (await post(hello, coffee)).status === 200, { timeout: 20_000 });
});
