import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { bitmapOf } from './bitmap.js';
import { functionFolders, type TestFunction } from './function-folders.js';
import { fixture, formOf, post } from './hello.js';
import { figure } from './metrics.js';
import { order } from './misbehave.js';
import { startService } from './service.js';

const NAME = 'function-service';
const coffee = await fixture('coffee.png');
/** The guest that answers its input with itself. */
const ECHO: TestFunction = { guest: 'misbehave', manifest: { instances: 1 } };
const echo = (manifest: Record<string, unknown>): TestFunction => ({
  ...ECHO,
  manifest: { instances: 1, ...manifest },
});

async function start(
  t: TestContext,
  functions: Record<string, TestFunction>,
  env: Record<string, string> = {},
) {
  const folders = await functionFolders(t, functions);
  return { ...(await startService(t, NAME, { ...folders.env, ...env })), folders };
}

test('each function is answered under its name, by its manifest alone', async (t) => {
  const { url, output } = await start(t, {
    echo: ECHO,
    hello: echo({ returns: 'text/x-greeting', accepts: ['text/*'] }),
  });
  const answer = await post(`${url}/functions/echo`, Buffer.of(1, 2, 3));
  assert.deepEqual([answer.status, answer.type], [200, 'application/octet-stream']);
  assert.deepEqual([...answer.body], [1, 2, 3]);
  assert.deepEqual(
    [answer.headers.get('content-length'), answer.headers.get('x-content-length')],
    ['3', '3'],
  );
  const hello = await post(`${url}/functions/hello`, Buffer.from('hello'), { 'content-type': 'text/plain' });
  assert.deepEqual([hello.status, hello.type, `${hello.body}`], [200, 'text/x-greeting', 'hello']);
  const line = /"name":"functions",[^\n]*"path":"\/functions\/hello"[^\n]*"function":"hello","functionMs":/;
  await pWaitFor(() => line.test(output()), { interval: 5, timeout: 5000 });
  assert.equal(await figure(url, 'function_retired_total{function="hello"}'), 1);
  assert.equal(await (await fetch(url)).text(), 'POST /functions/echo\nPOST /functions/hello\n');
});

test('the type of an answer is told by its first bytes where the manifest does not say it', async (t) => {
  const { url } = await start(t, { echo: ECHO });
  for (const [type, input] of [
    ['image/png', coffee],
    ['application/pdf', Buffer.from('%PDF-1.7\n%')],
    ['application/json', Buffer.from('{"a": [1]}\n')],
    ['text/plain; charset=utf-8', Buffer.from('{"a": [1]')],
    ['text/plain; charset=utf-8', Buffer.from('Grüße\n')],
    ['application/octet-stream', Buffer.from('Gr\xfc\xdfe\n', 'latin1')],
    ['application/octet-stream', Buffer.from('text\0')],
    ['text/plain; charset=utf-8', Buffer.from('BMW and MZ are no signatures')],
    ['text/plain; charset=utf-8', Buffer.from(`[${'1,'.repeat(200_000)}1]`)],
    ['application/octet-stream', Buffer.alloc(2 * 1024 ** 2, 'x')],
    ['image/bmp', await bitmapOf(coffee)],
    ['application/wasm', Buffer.from('\0asm\x01\0\0\0', 'latin1')],
  ] as const)
    assert.equal((await post(`${url}/functions/echo`, input)).type, type, `${input.subarray(0, 20)}`);
});

test('an input of a type that a function does not take is 415, which names those that it takes', async (t) => {
  const { url } = await start(t, { json: echo({ accepts: ['application/json', 'text/*'] }) });
  const send = (type: string) => post(`${url}/functions/json`, Buffer.from('{}'), { 'content-type': type });
  for (const type of ['application/json; charset=utf-8', 'text/csv', 'application/octet-stream'])
    assert.equal((await send(type)).status, 200, type);
  // What curl says of everything.
  assert.equal((await send('application/x-www-form-urlencoded')).status, 200);
  const refused = await send('image/png');
  assert.equal(refused.status, 415);
  assert.match(
    `${refused.body}`,
    /json takes application\/json, text\/\*, and this is .*image\/png.*ERR_MEDIA_TYPE/,
  );
});

test('of a form, the part says of which type its file is', async (t) => {
  const { url } = await start(t, { json: echo({ accepts: ['application/json'] }) });
  const send = (type: string) => {
    const form = new FormData();
    form.append('file', new Blob(['{}'], { type }), 'a');
    return post(`${url}/functions/json`, form);
  };
  assert.deepEqual((await send('application/json')).body, Buffer.from('{}'));
  assert.equal((await send('')).status, 200);
  assert.equal((await send('text/plain')).status, 415);
});

test('where a function takes pictures alone, their first bytes decide, and their checks hold', async (t) => {
  const { url } = await start(t, {
    picture: echo({ accepts: ['image/*'], limits: { pixels: 240_000 } }),
    small: echo({ accepts: ['image/*'], limits: { pixels: 239_999 } }),
    jpeg: echo({ accepts: ['image/jpeg'] }),
  });
  const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await post(`${url}/functions/picture`, coffee, urlencoded);
  assert.deepEqual([answer.status, answer.type], [200, 'image/png']);
  assert.equal(
    (await post(`${url}/functions/picture`, coffee, { 'content-type': 'text/plain' })).status,
    200,
  );
  assert.equal((await post(`${url}/functions/picture`, formOf(coffee))).status, 200);
  for (const [name, input, status, message] of [
    ['picture', Buffer.from('text'), 415, /Send a PNG, JPEG, GIF, WebP or BMP/],
    ['picture', undefined, 400, /The picture is empty/],
    ['small', coffee, 413, /600 x 400 pixels; at most 239999/],
    ['jpeg', coffee, 415, /This is a PNG\. Send a JPEG\./],
  ] as const) {
    const { status: actual, body } = await post(`${url}/functions/${name}`, input);
    assert.equal(actual, status, `${body}`);
    assert.match(`${body}`, message);
  }
});

test('a function that takes more than pictures gets both, and pictures are checked', async (t) => {
  const { url } = await start(t, {
    mixed: echo({ accepts: ['image/*', 'text/plain'], limits: { pixels: 10 } }),
  });
  assert.equal(
    (await post(`${url}/functions/mixed`, Buffer.from('text'), { 'content-type': 'text/plain' })).status,
    200,
  );
  assert.equal(
    (await post(`${url}/functions/mixed`, Buffer.from('{}'), { 'content-type': 'application/json' })).status,
    415,
  );
  assert.equal((await post(`${url}/functions/mixed`, coffee)).status, 413);
});

test('an empty input is one, and an empty answer is 200 with its length', async (t) => {
  const { url } = await start(t, { echo: ECHO });
  const answer = await post(`${url}/functions/echo`, undefined);
  assert.deepEqual([answer.status, answer.body.length], [200, 0]);
  assert.deepEqual(
    [answer.headers.get('content-length'), answer.headers.get('x-content-length')],
    ['0', '0'],
  );
});

test('limits are the manifest’s, and the operator’s variables win', async (t) => {
  const functions = { echo: echo({ limits: { input: '10', timeout: '300ms' } }) };
  const own = await start(t, functions);
  const long = Buffer.from('eleven bytes');
  const tooLarge = await post(`${own.url}/functions/echo`, long);
  assert.equal(tooLarge.status, 413);
  assert.match(`${tooLarge.body}`, /The input has more than 10 bytes/);
  const operated = await start(t, functions, { MAX_UPLOAD_BYTES: '1000', TIMEOUT_MS: '60000' });
  assert.equal((await post(`${operated.url}/functions/echo`, long)).status, 200);
  const spinning = start(t, { echo: echo({ limits: { timeout: '300ms' } }) });
  const answer = await post(`${(await spinning).url}/functions/echo`, order('spin', Buffer.of()));
  assert.equal(answer.status, 504);
});

test('all places of one function taken leave the other its own', async (t) => {
  const { url } = await start(t, { a: echo({ queue: 0 }), b: ECHO });
  const spinning = new AbortController();
  const asked = fetch(`${url}/functions/a`, {
    method: 'POST',
    body: new Uint8Array(order('spin', Buffer.of())),
    signal: spinning.signal,
  });
  await pWaitFor(async () => (await figure(url, 'function_running{function="a"}')) === 1, { interval: 5 });
  const busy = await post(`${url}/functions/a`, Buffer.from('x'));
  assert.deepEqual([busy.status, busy.headers.get('retry-after')], [503, '1']);
  assert.match(`${busy.body}`, /Too many requests for a .*ERR_BUSY/);
  assert.equal((await post(`${url}/functions/b`, Buffer.from('x'))).status, 200);
  spinning.abort();
  await assert.rejects(asked);
});

test('APP_ID says which functions a service serves', async (t) => {
  const { url } = await start(t, { a: ECHO, b: echo({ app: 'another' }) }, { APP_ID: 'another' });
  assert.equal((await post(`${url}/functions/b`, Buffer.from('x'))).status, 200);
  assert.equal((await post(`${url}/functions/a`, Buffer.from('x'))).status, 404);
});
