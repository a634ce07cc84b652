import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import pWaitFor from 'p-wait-for';
import sharp from 'sharp';
import { startApplication } from './application.js';
import { fixture, post } from './hello.js';
import { figure } from './metrics.js';
import { noisyRows } from './noisy-rows.js';
import { chunk, type Exchange, open, type TalkOptions, talk, trickle } from './raw-http.js';
import { tracing } from './tracing.js';

const TIMEOUT_MS = 4000;
const application = await startApplication({ env: { TIMEOUT_MS: String(TIMEOUT_MS) } });
after(() => application.stop());

const picture = await sharp(await fixture('coffee.png'))
  .resize(12, 8)
  .png()
  .toBuffer();
const bytes = picture.toString('latin1');
const FORM = 'content-type: multipart/form-data; boundary=b\r\n';
const CHUNKED = 'transfer-encoding: chunked\r\n';

/** Where strangers' bytes may arrive: the edge, and behind its back the services. */
const targets = [...application.apps].map(([name, { url }]) => ({
  name,
  url,
  path: name === 'web-port' ? '/api/hello' : '/api/image',
}));

function requestTo(path: string, headers: string, body = '', method = 'POST', version = '1.1'): string {
  return `${method} ${path} HTTP/${version}\r\nhost: localhost\r\n${headers}\r\n${body}`;
}

function withLength(body: string, headers = ''): [headers: string, body: string] {
  return [`${headers}content-length: ${body.length}\r\n`, body];
}

function field(name: string, content = 'value'): string {
  return `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`;
}

function file(name: string, content = bytes): string {
  return `--b\r\ncontent-disposition: form-data; name="${name}"; filename="x.png"\r\n\r\n${content}\r\n`;
}

/** That nothing of a request is left in the service, and the next one is served. */
async function isAsBefore({ url, path }: (typeof targets)[number]): Promise<void> {
  await pWaitFor(async () => (await figure(url, 'http_requests_in_progress')) === 0, {
    interval: 10,
    timeout: 10_000,
  });
  assert.equal((await post(`${url}${path}`, picture)).status, 200);
}

/** That the one answer is a problem of this status. */
function assertProblem({ statuses, text }: Exchange, status: number): void {
  assert.deepEqual(
    statuses.filter((status) => status !== 100),
    [status],
    text,
  );
  assert.match(text, /content-type: application\/problem\+json/i);
  const problem: unknown = JSON.parse(text.slice(text.lastIndexOf('\r\n\r\n')));
  assert.ok(typeof problem === 'object' && problem !== null && 'detail' in problem && 'status' in problem);
  assert.equal(problem.status, status);
}

type Request = (path: string) => string;
const raw =
  (headers: string, body?: string, method?: string, version?: string): Request =>
  (path) =>
    requestTo(path, headers, body, method, version);

/** What is refused at once, with its status. */
const refused: [what: string, status: number, request: Request, options?: TalkOptions][] = [
  ['two different Content-Lengths', 400, raw('content-length: 5\r\ncontent-length: 6\r\n', 'abcdef')],
  ['Content-Length and chunks', 400, raw(`content-length: 5\r\n${CHUNKED}`, '0\r\n\r\n')],
  ['a negative Content-Length', 400, raw('content-length: -5\r\n', 'abcde')],
  ['a Content-Length above all numbers', 400, raw(`content-length: 1${'0'.repeat(30)}\r\n`, 'abcde')],
  ['a Content-Length of 100 GB', 413, raw('content-length: 100000000000\r\n', 'abcde')],
  [
    'a Content-Length that is too large, and an end',
    400,
    raw(`content-length: ${bytes.length + 1}\r\n`, bytes),
    { halfClose: true },
  ],
  ['a Content-Length that is too small', 400, raw('content-length: 20\r\n', bytes), { answers: 0 }],
  ['a transfer coding that is none', 400, raw('transfer-encoding: gzip\r\n', bytes)],
  ['a chunk without a length', 400, raw(CHUNKED, 'zz\r\nabc\r\n')],
  ['a chunk with extensions without end', 413, raw(CHUNKED, `1;${'x'.repeat(40_000)}\r\na\r\n0\r\n\r\n`)],
  ['a compressed body', 415, raw(...withLength(bytes, 'content-encoding: gzip\r\n'))],
  ['one huge header', 431, raw(`x: ${'y'.repeat(20_000)}\r\n`)],
  ['thousands of headers', 431, raw(Array.from({ length: 3000 }, (_, i) => `x${i}: y\r\n`).join(''))],
  ['a huge address', 431, (path) => requestTo(`${path}/${'a'.repeat(20_000)}`, '')],
  ['no Host', 400, (path) => `POST ${path} HTTP/1.1\r\ncontent-length: 0\r\n\r\n`],
  ['two Hosts', 400, raw(...withLength(bytes, 'host: example.org\r\n'))],
  ['a method that does not exist', 400, raw('', '', 'FETCH')],
  ['CONNECT', 400, () => 'CONNECT example.org:443 HTTP/1.1\r\nhost: localhost\r\n\r\n'],
  ['GET', 405, raw('', '', 'GET')],
  ['PUT', 405, raw('content-length: 0\r\n', '', 'PUT')],
  ['TRACE', 405, raw('', '', 'TRACE')],
  ['a version that does not exist', 400, raw('', '', 'POST', '9.9')],
  ['HTTP/2', 400, () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['the start of TLS', 400, () => '\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03'],
  ['a NUL in the address', 400, (path) => requestTo(`${path}/\0`, '')],
  ['an address that decodes to nothing', 404, (path) => requestTo(`${path}/%zz%00%0d%0a`, '')],
  ['a NUL in a header', 400, raw('api: grayscale\0\r\ncontent-length: 0\r\n')],
  ['a CR in a header', 400, raw('api: grayscale\rx: y\r\ncontent-length: 0\r\n')],
  ['a LF in a header', 400, raw('api: grayscale\nx: y\r\ncontent-length: 0\r\n')],
  ['a header without a name', 400, raw(': grayscale\r\ncontent-length: 0\r\n')],
  [
    'a form of thousands of fields',
    400,
    raw(...withLength(`${Array.from({ length: 3000 }, (_, i) => field(`f${i}`)).join('')}--b--\r\n`, FORM)),
  ],
  [
    'a form with more than 1 MiB of text',
    413,
    raw(...withLength(`${field('f', 'x'.repeat(1024 ** 2 + 1))}${file('image')}--b--\r\n`, FORM)),
  ],
  [
    'a form of two pictures in other fields',
    400,
    raw(...withLength(`${file('a')}${file('b')}--b--\r\n`, FORM)),
  ],
  ['a form of a hundred pictures', 400, raw(...withLength(`${file('image').repeat(100)}--b--\r\n`, FORM))],
  [
    'a form with a part whose headers are huge',
    400,
    raw(...withLength(`--b\r\nx: ${'y'.repeat(100_000)}\r\n\r\nv\r\n--b--\r\n`, FORM)),
  ],
  [
    'a form of another boundary',
    400,
    raw(...withLength(`${file('image')}--b--\r\n`.replaceAll('--b', '--c'), FORM)),
  ],
  ['a boundary that is too long', 400, raw(...withLength('abc', FORM.replace('=b', `=${'b'.repeat(5000)}`)))],
];

for (const [what, status, request, options] of refused) {
  test(`${what}: ${status} as a problem, and the next request is served`, async () => {
    for (const target of targets) {
      assertProblem(await talk(target.url, [Buffer.from(request(target.path), 'latin1')], options), status);
      await isAsBefore(target);
    }
  });
}

/** A body that goes on and on, in chunks of 256 KiB. */
function* withoutEnd(head: string): Generator<string> {
  yield head;
  const more = chunk('x'.repeat(256 * 1024));
  for (let sent = 0; sent < 64 * 1024 ** 2; sent += more.length) yield more;
}

for (const [what, head] of [
  ['a body', ''],
  ['what stands before the first part of a form', FORM],
  ['a part of a form', `${FORM}|${file('image', '')}`],
  ['what stands behind the last part of a form', `${FORM}|--b--\r\n`],
] as const) {
  test(`${what} without an end is 413 when it is too long`, async () => {
    for (const target of targets) {
      const [headers = '', start = ''] = head.split('|');
      const first = requestTo(target.path, `${headers}${CHUNKED}`, start === '' ? '' : chunk(start));
      assertProblem(await talk(target.url, withoutEnd(first)), 413);
      await isAsBefore(target);
    }
  });
}

/** What comes so slowly that it never gets there. */
const slow: [what: string, first: Request, piece: string][] = [
  ['headers', (path) => `POST ${path} HTTP/1.1\r\n`, 'a: b\r\n'],
  ['a body that has a length', raw('content-length: 100000\r\n'), 'a'],
  ['a body in chunks', raw(CHUNKED), chunk('a')],
  ['a part of a form', raw(`${FORM}${CHUNKED}`, chunk(file('image', ''))), chunk('a')],
  ['fields of a form, without an end', raw(`${FORM}${CHUNKED}`), chunk(field('f'))],
];

test('what trickles in is 408 at the deadline, and the connection is closed', async () => {
  const start = performance.now();
  const exchanges = targets.flatMap((target) =>
    slow.map(async ([what, first, piece]) => {
      const exchange = await talk(target.url, trickle(first(target.path), piece, 50), { answers: 0 });
      assert.equal(exchange.closed, true, what);
      assertProblem(exchange, 408);
    }),
  );
  await Promise.all(exchanges);
  // The deadline, what the rest of a body has beyond it, and a machine that is busy.
  assert.ok(performance.now() - start < TIMEOUT_MS + 10_000);
  for (const target of targets) await isAsBefore(target);
});

test('a CONNECT whose sender is gone before its answer ends nobody', async () => {
  for (const target of targets) {
    for (let count = 0; count < 50; count += 1) {
      const socket = await open(target.url);
      socket.on('error', () => {});
      socket.write('CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n');
      await turn();
      socket.resetAndDestroy();
    }
    await isAsBefore(target);
  }
});

test('a connection on which nothing is asked is closed without a word', async () => {
  const lines = () => application.output().split('ERR_REQUEST_TIMEOUT').length;
  // What was written before a request's line is there when that line is.
  const allIsWritten = async () => {
    for (const { url, path } of targets) {
      const { id, headers } = tracing();
      await post(`${url}${path}`, picture, headers);
      await pWaitFor(() => application.output().includes(id), { interval: 10, timeout: 10_000 });
    }
  };
  await allIsWritten();
  const before = lines();
  const exchanges = await Promise.all(targets.map(({ url }) => talk(url, [], { answers: 0 })));
  for (const { text, closed } of exchanges) assert.deepEqual([text, closed], ['', true]);
  await allIsWritten();
  assert.equal(lines(), before);
});

test('a client that does not read its answer loses it at the deadline, and its place is free', async () => {
  // More than the kernel keeps for a connection.
  const large = await noisyRows(3000, 4000);
  for (const target of targets.filter(({ name }) => name !== 'image-api-classify')) {
    const socket = await open(target.url);
    socket.on('error', () => {});
    socket.pause();
    socket.write(requestTo(target.path, `content-length: ${large.length}\r\n`));
    socket.write(large);
    await pWaitFor(async () => (await figure(target.url, 'http_requests_in_progress')) === 1, {
      interval: 5,
    });
    await isAsBefore(target);
    socket.destroy();
  }
});

test('a client that goes away in its body leaves its place', async () => {
  const half = bytes.slice(0, 100);
  for (const target of targets) {
    for (const [headers, start] of [
      ['content-length: 1000\r\n', half],
      [CHUNKED, chunk(half)],
      [`${FORM}${CHUNKED}`, chunk(file('image', half).slice(0, -2))],
      [`${FORM}${CHUNKED}`, chunk('--b\r\ncontent-dispo')],
    ] as const) {
      const socket = await open(target.url);
      socket.write(requestTo(target.path, headers, start), 'latin1');
      await pWaitFor(async () => (await figure(target.url, 'http_requests_in_progress')) === 1, {
        interval: 5,
      });
      socket.resetAndDestroy();
      await isAsBefore(target);
    }
  }
});

/** What is unusual, and answered as ever. */
const served: [what: string, request: Request, options?: TalkOptions][] = [
  ['HTTP/1.0', raw(...withLength(bytes), 'POST', '1.0'), { answers: 0 }],
  ['an absolute address', (path) => requestTo(`http://localhost${path}`, ...withLength(bytes))],
  ['Expect: 100-continue', raw(...withLength(bytes, 'expect: 100-continue\r\n'))],
  ['an expectation that nobody knows', raw(...withLength(bytes, 'expect: a-miracle\r\n'))],
  [
    'an upgrade to what is not spoken here',
    raw(...withLength(bytes, 'connection: upgrade\r\nupgrade: h2c\r\n')),
  ],
  ['chunks of one byte', raw(CHUNKED, `${[...bytes].map(chunk).join('')}0\r\n\r\n`)],
  ['trailers', raw(CHUNKED, `${chunk(bytes)}0\r\napi: nothing\r\n\r\n`)],
  ['the identity coding', raw(...withLength(bytes, 'content-encoding: identity\r\n'))],
  [
    'a form whose picture has no file name',
    raw(...withLength(`${field('f')}${field('image', bytes)}--b--\r\n`, FORM)),
  ],
  [
    'a form whose picture is an octet-stream without a file name',
    raw(
      ...withLength(
        `${field('image', bytes).replace('\r\n\r\n', '\r\ncontent-type: application/octet-stream\r\n\r\n')}--b--\r\n`,
        FORM,
      ),
    ),
  ],
  [
    'a form of a hundred fields and three files',
    raw(
      ...withLength(
        `${Array.from({ length: 100 }, (_, i) => field(`f${i}`)).join('')}${file('a')}${file('image')}${file('b')}--b--\r\n`,
        FORM,
      ),
    ),
  ],
  [
    'a form whose one file is in another field',
    raw(...withLength(`${file('photo')}${field('title')}--b--\r\n`, FORM)),
  ],
  [
    'a form with fields that have the names of Object’s own',
    raw(
      ...withLength(
        `${field('__proto__')}${field('constructor[prototype][x]')}${file('image')}--b--\r\n`,
        FORM,
      ),
    ),
  ],
];

for (const [what, request, options] of served) {
  test(`${what}: the picture is answered`, async () => {
    for (const target of targets) {
      const { statuses, text } = await talk(
        target.url,
        [Buffer.from(request(target.path), 'latin1')],
        options,
      );
      assert.equal(statuses.at(-1), 200, text);
      await isAsBefore(target);
    }
  });
}

test('a form that comes byte by byte, each a packet, is answered', async () => {
  for (const { url, path } of targets) {
    const request = Buffer.from(requestTo(path, ...withLength(`${file('image')}--b--\r\n`, FORM)), 'latin1');
    assert.deepEqual(
      (
        await talk(
          url,
          [...request].map((byte) => Buffer.of(byte)),
        )
      ).statuses,
      [200],
    );
  }
});

test('requests that are sent without waiting for answers are answered in their order', async () => {
  for (const { url, path } of targets) {
    const image = requestTo(path, ...withLength(bytes));
    const health = requestTo('/healthz', '', '', 'GET');
    const bad = requestTo(path, ...withLength('no picture'));
    const all = [image, health, bad, image, health].join('');
    const { statuses, text } = await talk(url, [Buffer.from(all, 'latin1')], { answers: 5 });
    assert.deepEqual(statuses, [200, 200, 415, 200, 200]);
    const types = [...text.matchAll(/^content-type: ([\w/+]+)/gim)].map(([, type]) => type);
    assert.deepEqual(
      [types[1], types[2], types[4]],
      ['application/json', 'application/problem+json', 'application/json'],
    );
    assert.equal(types[0], types[3]);
  }
});

test('HEAD is 405 without a body, and OPTIONS says what is possible', async () => {
  for (const { url, path } of targets) {
    const head = await talk(url, [requestTo(path, 'connection: close\r\n', '', 'HEAD')], { answers: 0 });
    assert.deepEqual(head.statuses, [405]);
    assert.match(head.text, /\r\n\r\n$/);
    const options = await talk(url, [requestTo(path, '', '', 'OPTIONS')]);
    assert.deepEqual(options.statuses, [204]);
    assert.match(options.text, /^allow: POST\r$/im);
  }
});

for (const api of ['__proto__', 'constructor', 'hasOwnProperty', 'GRAYSCALE', 'go, rs', '%00', '']) {
  test(`the header api: ${JSON.stringify(api)} is 400`, async () => {
    const request = requestTo('/api/hello', ...withLength(bytes, `api: ${api}\r\n`));
    assertProblem(await talk(application.url, [Buffer.from(request, 'latin1')]), 400);
  });
}
