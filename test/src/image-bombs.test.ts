import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { pssMb } from '@app/wasmedge-node';
import sharp from 'sharp';
import { startApplication } from './application.js';
import { blackPng, claims, hidden, picturesOf } from './bombs.js';
import { type Answer, fixture, post } from './hello.js';
import { familyOf, memoryMb } from './processes.js';
import { startService } from './service.js';

/** What refusing a picture may cost, in MB. */
const REFUSAL_MB = 50;
/** What a picture may cost in the service: the upload, the answer, and what libvips holds of it. */
const HANDLING_MB = 200;
const MAX_PIXELS = 50_000_000;
const PAGE_MB = 64 / 1024;
/** MEMORY_PAGES, unless it is set. */
const MEMORY_MB = 16_384 * PAGE_MB;

const [width, height] = [10_000, 5000];
const largest = await picturesOf(width, height);
const small = await picturesOf(300, 200);

const application = await startApplication({ env: { TIMEOUT_MS: '120000' } });
after(() => application.stop());
const coffee = await fixture('coffee.png');

const services = [...application.apps]
  .filter(([name]) => name !== 'web-port')
  .map(([name, { url, pid }]) => ({
    name,
    url: `${url}/api/image`,
    api: name.replace('image-api-', ''),
    pid: pid ?? 0,
  }));

/** What an answer cost: the most that the service, and all that it has started, grew by meanwhile, in MB. */
async function weigh(pid: number, work: () => Promise<Answer>) {
  const now = async () => ({
    service: memoryMb(pid, 'VmRSS'),
    children: await pssMb(familyOf(pid).flatMap((each) => (each.pid === pid ? [] : each.pid))),
  });
  const before = await now();
  const grown = { service: 0, children: 0 };
  const working = work();
  const done = working.then(() => true);
  do {
    const { service, children } = await now();
    grown.service = Math.max(grown.service, service - before.service);
    grown.children = Math.max(grown.children, children - before.children);
  } while (!(await Promise.race([done, pause(10).then(() => false)])));
  return { answer: await working, ...grown };
}

function show({ status, body }: Answer): string {
  return `${status}: ${status === 200 ? `${body.length} bytes` : body.toString()}`;
}

for (const { name, url, api, pid } of services) {
  // Where the first picture has gone, so does all that is loaded once.
  test(`${name}: a picture is answered`, async () => {
    assert.equal((await post(url, coffee)).status, 200);
  });

  for (const [what, picture] of Object.entries(claims)) {
    test(`${name}: ${what} is 413 and costs nothing`, async () => {
      const { answer, service, children } = await weigh(pid, () => post(url, picture));
      assert.equal(answer.status, 413, show(answer));
      assert.match(answer.body.toString(), /at most 50000000 .*ERR_TOO_MANY_PIXELS/);
      assert.ok(service < REFUSAL_MB && children < REFUSAL_MB, `${service} MB, ${children} MB`);
      const throughSidecars = await post(`${application.url}/api/hello`, picture, { api });
      assert.equal(throughSidecars.status, 413, show(throughSidecars));
    });
  }

  for (const [what, picture] of Object.entries(hidden)) {
    test(`${name}: ${what} is answered, or refused as damaged, within time and memory`, async () => {
      const { answer, service, children } = await weigh(pid, () => post(url, picture));
      assert.ok([200, 413, 422].includes(answer.status), show(answer));
      assert.ok(service < HANDLING_MB, `the service grew by ${service} MB`);
      assert.ok(children < 250, `the function grew by ${children} MB`);
      assert.equal((await post(url, coffee)).status, 200);
    });
  }
}

for (const { name, url, pid } of services) {
  for (const [format, picture] of Object.entries(largest)) {
    test(`${name}: a ${format} of ${MAX_PIXELS} pixels is answered within the function's memory`, async () => {
      const { answer, service, children } = await weigh(pid, () => post(url, picture));
      assert.equal(answer.status, 200, show(answer));
      assert.ok(service < HANDLING_MB, `the service grew by ${service} MB`);
      assert.ok(children < MEMORY_MB, `the function grew by ${children} MB`);
      if (name !== 'image-api-grayscale') return;
      const grey = await sharp(answer.body).metadata();
      assert.deepEqual([grey.width, grey.height], [width, height]);
    });
  }

  for (const format of ['PNG of noise of 16 bits with transparency', 'JPEG', 'progressive JPEG']) {
    const picture = largest[format] ?? Buffer.alloc(0);
    test(`${name}: a ${format} of ${MAX_PIXELS} pixels without its end is answered within the same, and without pixels it is 422`, async () => {
      const end = format.includes('PNG') ? 12 : 2;
      const cut = Math.round(picture.length / 20);
      for (const [bytes, status] of [
        [picture.subarray(0, -end), 200],
        [picture.subarray(0, -end - cut), 422],
        [Buffer.concat([picture.subarray(0, -end - cut), picture.subarray(-end)]), 422],
      ] as const) {
        const { answer, service, children } = await weigh(pid, () => post(url, bytes));
        assert.equal(answer.status, status, show(answer));
        assert.ok(service < HANDLING_MB, `the service grew by ${service} MB`);
        assert.ok(children < MEMORY_MB, `the function grew by ${children} MB`);
      }
    });
  }

  test(`${name}: a PNG of ${MAX_PIXELS} pixels in rows of 50,000 takes no more of the service`, async () => {
    const picture = blackPng(50_000, 1000, { depth: 16, colour: 6 });
    const { answer, service } = await weigh(pid, () => post(url, picture));
    assert.equal(answer.status, 200, show(answer));
    assert.ok(service < HANDLING_MB, `the service grew by ${service} MB`);
  });

  test(`${name}: a picture of MAX_PIXELS is answered in each format, and one of a pixel more is 413`, async (t) => {
    const exact = await startService(t, name, { MAX_PIXELS: '60000' });
    const short = await startService(t, name, { MAX_PIXELS: '59999' });
    for (const [format, picture] of Object.entries(small)) {
      assert.equal((await post(`${exact.url}/api/image`, picture)).status, 200, format);
      const refused = await post(`${short.url}/api/image`, picture);
      assert.equal(refused.status, 413, `${format}: ${show(refused)}`);
      assert.match(refused.body.toString(), /300 x 200 pixels; at most 59999/);
    }
  });
}
