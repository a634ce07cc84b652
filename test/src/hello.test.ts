import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import sharp from 'sharp';
import { startApplication } from './application.js';
import { fixture, formOf, post } from './hello.js';
import { tracing } from './tracing.js';

const application = await startApplication();
after(() => application.stop());
const hello = `${application.url}/api/hello`;
const coffee = await fixture('coffee.png');

/** The problem that an answer is, checked for its form. */
function problemOf({ status, type, body }: { status: number; type: string; body: Buffer }): string {
  assert.match(type, /^application\/problem\+json/);
  const problem: unknown = JSON.parse(body.toString());
  assert.ok(typeof problem === 'object' && problem !== null);
  assert.ok('status' in problem && 'detail' in problem && 'title' in problem && 'type' in problem);
  assert.equal(problem.status, status);
  return String(problem.detail);
}

for (const api of ['grayscale', 'rs', undefined]) {
  test(`api: ${api} answers the picture in grey, as PNG bytes`, async () => {
    const answer = await post(hello, coffee, api === undefined ? {} : { api });
    assert.deepEqual([answer.status, answer.type], [200, 'image/png']);
    assert.equal(Number(answer.headers.get('content-length')), answer.body.length);
    const { width, height, channels, space } = await sharp(answer.body).metadata();
    assert.deepEqual([width, height, channels, space], [600, 400, 1, 'b-w']);
  });
}

for (const api of ['classify', 'go']) {
  test(`api: ${api} answers one sentence of HTML that names the espresso`, async () => {
    const answer = await post(hello, coffee, { api });
    assert.equal(answer.status, 200);
    assert.match(answer.type, /^text\/html/);
    assert.equal(
      answer.body.toString(),
      "It is very likely a <a href='https://www.google.com/search?q=espresso'>espresso</a> in the picture",
    );
  });
}

test('classify answers JSON with the five best to a client that asks for JSON', async () => {
  const answer = await post(hello, await fixture('chelsea.png'), {
    api: 'classify',
    accept: 'application/json',
  });
  assert.match(answer.type, /^application\/json/);
  const { label, confidence, sentence, predictions, model } = JSON.parse(answer.body.toString());
  assert.ok(['tiger cat', 'Egyptian cat', 'tabby'].includes(label), `${label} is no cat`);
  assert.deepEqual(predictions[0], { label, confidence });
  assert.ok(predictions.length <= 5 && predictions.length > 1);
  assert.match(sentence, /^It (is very likely|is likely|could be) a <a href=/);
  assert.match(model, /EfficientNet-Lite0/);
});

test('a picture as the file of a form is answered as the raw one is', async () => {
  const [raw, form] = await Promise.all([post(hello, coffee), post(hello, formOf(coffee))]);
  assert.deepEqual(form.body, raw.body);
});

test('the bytes are those that the grayscale service itself answers', async () => {
  const service = application.apps.get('image-api-grayscale');
  const [direct, throughSidecars] = await Promise.all([
    post(`${service?.url}/api/image`, coffee),
    post(hello, coffee),
  ]);
  assert.deepEqual(throughSidecars.body, direct.body);
});

test('a GIF is answered as a GIF', async () => {
  const gif = await sharp(coffee).resize(60, 40).gif().toBuffer();
  const answer = await post(hello, gif);
  assert.equal(answer.type, 'image/gif');
  assert.equal((await sharp(answer.body).metadata()).format, 'gif');
});

test('a picture of nearly 10 MiB passes both sidecars', async () => {
  const side = 1850;
  const noise = await sharp(randomBytes(side * side * 3), { raw: { width: side, height: side, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
  assert.ok(noise.length > 9.7 * 1024 ** 2 && noise.length < 10 * 1024 ** 2, `${noise.length} bytes`);
  const answer = await post(hello, noise);
  assert.deepEqual([answer.status, answer.type], [200, 'image/png']);
  assert.equal((await sharp(answer.body).metadata()).width, side);
  assert.equal((await post(hello, noise, { api: 'classify' })).status, 200);
});

test('an unknown function is 400, and the detail lists those that there are', async () => {
  const answer = await post(hello, coffee, { api: 'sepia' });
  assert.equal(answer.status, 400);
  assert.match(problemOf(answer), /"sepia".*classify, go, grayscale, rs/);
});

test('an empty body is 400', async () => {
  const answer = await post(hello, undefined);
  assert.equal(answer.status, 400);
  assert.match(problemOf(answer), /The picture is empty/);
});

test('a malformed form is 400', async () => {
  const answer = await post(hello, Buffer.from('rubbish'), {
    'content-type': 'multipart/form-data; boundary=b',
  });
  assert.equal(answer.status, 400);
  problemOf(answer);
});

test('a form without a file is 400', async () => {
  const form = new FormData();
  form.append('text', 'no file');
  const answer = await post(hello, form);
  assert.equal(answer.status, 400);
  assert.match(problemOf(answer), /no file in its field "image"/);
});

test('more than 10 MiB is 413, announced or not', async () => {
  const large = Buffer.alloc(10 * 1024 ** 2 + 1);
  const answers = [
    await post(hello, large),
    await post(hello, new Blob([large]).stream()),
    await post(hello, formOf(large)),
  ];
  for (const answer of answers) {
    assert.equal(answer.status, 413);
    assert.match(problemOf(answer), /more than 10485760 bytes \(10 MiB\)/);
  }
});

for (const api of ['grayscale', 'classify']) {
  test(`${api}: more pixels than 50 million is 413`, async () => {
    const wide = await sharp({ create: { width: 8000, height: 6251, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const answer = await post(hello, wide, { api });
    assert.equal(answer.status, 413);
    assert.match(problemOf(answer), /8000 x 6251 pixels; at most 50000000/);
  });

  test(`${api}: what is no picture is 415, with the formats that are read`, async () => {
    const answer = await post(hello, Buffer.from('This is a text, not a picture.'), { api });
    assert.equal(answer.status, 415);
    assert.match(problemOf(answer), /PNG, JPEG, GIF, WebP or BMP/);
  });

  test(`${api}: a picture of a known other format is 415, with which it is and what to do`, async () => {
    for (const [picture, advice] of [
      [Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic'), /^This is a HEIC picture, .* Save it as JPEG/],
      [
        await sharp(coffee).resize(30).tiff().toBuffer(),
        /^This is a TIFF picture, .* Save it as PNG or JPEG/,
      ],
      [Buffer.from('<?xml version="1.0"?><svg/>'), /^This is an SVG, .* Export it as PNG/],
      [Buffer.from('%PDF-1.7\n%'), /^This is a PDF document\. Export a page/],
    ] as const) {
      const answer = await post(hello, picture, { api });
      assert.equal(answer.status, 415);
      assert.match(problemOf(answer), advice);
    }
  });

  test(`${api}: a picture that is cut off is 422`, async () => {
    const answer = await post(hello, coffee.subarray(0, 5000), { api });
    assert.equal(answer.status, 422);
    problemOf(answer);
  });
}

test('every request leaves one line in the log of each service it passed, with one trace id', async () => {
  const { id, headers } = tracing();
  const answer = await post(hello, coffee, headers);
  assert.equal(answer.status, 200);
  // The lines are written behind the answer.
  const linesOf = () =>
    application
      .output()
      .split('\n')
      .filter((line) => line.includes(id) && line.includes('"msg":"request"'))
      .map((line) => JSON.parse(line.slice(line.indexOf('{'))));
  await pWaitFor(() => linesOf().length >= 2, { interval: 10, timeout: 5000 });
  const lines = linesOf();
  assert.deepEqual(lines.map(({ name }) => name).sort(), ['image-api-grayscale', 'web-port']);
  for (const { method, status, ms, bytesIn, bytesOut } of lines) {
    assert.deepEqual([method, status, bytesIn, bytesOut], ['POST', 200, coffee.length, answer.body.length]);
    assert.ok(ms > 0);
  }
  assert.ok(lines.find(({ name }) => name === 'image-api-grayscale').functionMs > 0);
});

test('GET / leads to the page, which is HTML and loads nothing from elsewhere', async () => {
  const page = await fetch(application.url);
  assert.equal(page.url, `${application.url}/static/`);
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'self'/);
});

test('every service says on /healthz that it can serve', async () => {
  for (const { url } of application.apps.values()) assert.equal((await fetch(`${url}/healthz`)).status, 200);
});
