import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startPictureEcho } from './fixtures/picture-echo.js';

const LIMIT = 1000;
const { port, send, problem } = await startPictureEcho(LIMIT);
const image = Buffer.from(Array.from({ length: LIMIT }, (_, index) => index % 256));

test('a raw body of the largest size arrives byte for byte', async () => {
  assert.deepEqual((await send({ body: image })).body, image);
});

test('a chunked body of the largest size arrives byte for byte', async () => {
  const body = new Blob([image.subarray(0, 300), image.subarray(300)]).stream();
  assert.deepEqual((await send({ body, duplex: 'half' })).body, image);
});

test('an empty body is 400', async () => {
  assert.deepEqual(await problem({}), {
    status: 400,
    detail: 'The picture is empty. Send the bytes of one as the body.',
  });
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
