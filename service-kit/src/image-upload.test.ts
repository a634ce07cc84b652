import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { pino } from 'pino';
import { createApp } from './app.js';
import { readImage } from './image-upload.js';
import { Metrics } from './metrics.js';
import { deadlineOf } from './request-signal.js';

const LIMIT = 1000;

const app = createApp({
  logger: pino({ level: 'silent' }),
  metrics: new Metrics(),
  healthy: () => true,
  routes: (app) => {
    app.post('/image', async (request, response) => {
      const { signal } = deadlineOf(request, response, 60_000);
      response.send(await readImage(request, response, { limit: LIMIT, signal }));
    });
  },
});
const server = createServer(app).listen(0, '127.0.0.1');
await once(server, 'listening');
after(() => server.close());
const address = server.address();
const port = typeof address === 'object' && address !== null ? address.port : 0;
const url = `http://127.0.0.1:${port}/image`;

const image = Buffer.from(Array.from({ length: LIMIT }, (_, index) => index % 256));

function form(field: string, bytes: Buffer): FormData {
  const form = new FormData();
  form.append(field, new Blob([new Uint8Array(bytes)]), 'picture.png');
  return form;
}

async function send(init: RequestInit & { duplex?: 'half' }) {
  const response = await fetch(url, { method: 'POST', ...init });
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, type: response.headers.get('content-type'), body };
}

async function problem(init: RequestInit & { duplex?: 'half' }) {
  const { status, type, body } = await send(init);
  assert.match(type ?? '', /^application\/problem\+json/);
  const problem: unknown = JSON.parse(body.toString());
  assert.ok(typeof problem === 'object' && problem !== null && 'detail' in problem && 'status' in problem);
  assert.equal(problem.status, status);
  return { status, detail: String(problem.detail) };
}

test('a raw body of the largest size arrives byte for byte', async () => {
  assert.deepEqual((await send({ body: image })).body, image);
});

test('a chunked body of the largest size arrives byte for byte', async () => {
  const body = new Blob([image.subarray(0, 300), image.subarray(300)]).stream();
  assert.deepEqual((await send({ body, duplex: 'half' })).body, image);
});

test('the file of a form arrives byte for byte', async () => {
  assert.deepEqual((await send({ body: form('image', image) })).body, image);
});

test('an empty body is 400', async () => {
  assert.deepEqual(await problem({}), {
    status: 400,
    detail: 'The picture is empty. Send the bytes of one as the body.',
  });
});

test('an empty file in a form is 400', async () => {
  assert.equal((await problem({ body: form('image', Buffer.alloc(0)) })).status, 400);
});

test('a body that announces one byte too many is 413', async () => {
  const { status, detail } = await problem({ body: Buffer.alloc(LIMIT + 1) });
  assert.equal(status, 413);
  assert.match(detail, /more than 1000 bytes/);
});

test('a chunked body of one byte too many is 413', async () => {
  const body = new Blob([image, Buffer.alloc(1)]).stream();
  assert.equal((await problem({ body, duplex: 'half' })).status, 413);
});

test('a file of one byte too many in a form is 413', async () => {
  assert.equal((await problem({ body: form('image', Buffer.alloc(LIMIT + 1)) })).status, 413);
});

test('a form that announces far too much is 413 before it is read', async () => {
  assert.equal((await problem({ body: form('image', Buffer.alloc(LIMIT + 100_000)) })).status, 413);
});

test('a form with the file in another field is 400, and the detail names both fields', async () => {
  const { status, detail } = await problem({ body: form('photo', image) });
  assert.equal(status, 400);
  assert.match(detail, /"image".*"photo"/);
});

test('a form with no file is 400', async () => {
  const body = new FormData();
  body.append('image', 'not a file');
  assert.equal((await problem({ body })).status, 400);
});

test('a form with two files is 400', async () => {
  const body = form('image', image);
  body.append('image', new Blob(['x']), 'second.png');
  assert.equal((await problem({ body })).status, 400);
});

for (const [what, type, body] of [
  ['no boundary', 'multipart/form-data', 'x'],
  [
    'no end',
    'multipart/form-data; boundary=b',
    '--b\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\nx',
  ],
  ['no part', 'multipart/form-data; boundary=b', 'rubbish'],
  ['another multipart type', 'multipart/mixed; boundary=b', '--b\r\n\r\nx\r\n--b--\r\n'],
] as const) {
  test(`a form with ${what} is 400`, async () => {
    const { status } = await problem({ body, headers: { 'content-type': type } });
    assert.equal(status, 400);
  });
}

test('a compressed body is 415', async () => {
  assert.deepEqual(await problem({ body: 'x', headers: { 'content-encoding': 'gzip' } }), {
    status: 415,
    detail: 'Content-Encoding "gzip" is not taken. Send the picture as it is.',
  });
});

test('a client that waits for «100 Continue» before it sends too much gets its 413', async () => {
  const socket = connect(port, '127.0.0.1');
  socket.write(
    'POST /image HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 100000000\r\n\r\n',
  );
  let answer = '';
  for await (const chunk of socket) {
    answer += chunk;
    if (answer.includes('ERR_TOO_LARGE')) break;
  }
  assert.match(answer, /HTTP\/1.1 413/);
});

test('the service answers on after a client that went away in its body', async () => {
  const socket = connect(port, '127.0.0.1');
  socket.write('POST /image HTTP/1.1\r\nhost: x\r\ncontent-length: 900\r\n\r\nhalf');
  socket.resetAndDestroy();
  assert.equal((await send({ body: image })).status, 200);
});

test('what no route answers is 404 as a problem', async () => {
  const response = await fetch(`http://127.0.0.1:${port}/nothing`);
  assert.equal(response.status, 404);
  assert.match(await response.text(), /There is no GET \/nothing here/);
});
