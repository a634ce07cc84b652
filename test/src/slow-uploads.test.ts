import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { fixture, post } from './hello.js';
import { figure } from './metrics.js';
import { open } from './raw-http.js';
import { startService } from './service.js';

const MIB = 1024 ** 2;
const UPLOADS = 8;
const coffee = await fixture('coffee.png');
const part =
  '--b\r\ncontent-disposition: form-data; name="image"; filename="a"\r\ncontent-type: image/png\r\n\r\n';
const namelessPart = part.replace('; filename="a"', '');

const chunked = 'transfer-encoding: chunked\r\n';
const form = 'content-type: multipart/form-data; boundary=b\r\n';
const oneChunk = `${(24 * MIB).toString(16)}\r\n`;
/** Before the first boundary, which multer does not count. */
const preamble = ' '.repeat(10.75 * MIB);

// Each has a service of its own, and mostly waits.
suite('slow uploads', { concurrency: true }, () => {
  for (const [what, headers, start, rest, status] of [
    ['a body of announced length that stops coming', `content-length: ${10 * MIB}\r\n`, '', '', 408],
    ['a body in chunks that stops coming', chunked, oneChunk, '', 408],
    ['a form that stops coming', `content-length: ${10 * MIB}\r\n${form}`, part, '', 408],
    [
      'a form whose file has no name that stops coming',
      `content-length: ${10 * MIB}\r\n${form}`,
      namelessPart,
      '',
      408,
    ],
    [
      'a form that is too long beside its file',
      `${chunked}${form}`,
      `${oneChunk}${preamble}\r\n${part}`,
      ' '.repeat(MIB / 2),
      413,
    ],
  ] as const)
    test(`${what} is held no longer than until its ${status}`, async (t) => {
      const { url } = await startService(t, 'image-api-grayscale', { LOG_LEVEL: 'error' });
      assert.equal((await post(`${url}/api/image`, coffee)).status, 200);
      const held = () => figure(url, 'nodejs_external_memory_bytes');
      const before = await held();
      const sockets = await Promise.all(Array.from({ length: UPLOADS }, () => open(url)));
      t.after(() => sockets.map((socket) => socket.destroy()));
      let answered = 0;
      for (const socket of sockets) {
        socket.on('data', (bytes) => (answered += String(bytes).startsWith(`HTTP/1.1 ${status}`) ? 1 : 0));
        socket.write(`POST /api/image HTTP/1.1\r\nhost: x\r\nx-timeout-ms: 6000\r\n${headers}\r\n${start}`);
        socket.write(Buffer.alloc(9 * MIB));
      }
      await pWaitFor(async () => (await held()) > before + UPLOADS * 6 * MIB, {
        interval: 20,
        timeout: 6000,
      });
      for (const socket of sockets) socket.write(rest);
      await pWaitFor(() => answered === UPLOADS, { interval: 20, timeout: 15_000 });
      // Garbage is collected when there is something to do.
      const isLetGo = async () => {
        await post(`${url}/api/image`, coffee);
        return (await held()) < before + UPLOADS * 4 * MIB;
      };
      await pWaitFor(isLetGo, { interval: 20, timeout: 10_000 });
      assert.ok(sockets.every(({ closed }) => !closed));
    });
});
