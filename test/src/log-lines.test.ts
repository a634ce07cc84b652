import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import sharp from 'sharp';
import { z } from 'zod';
import { startApplication } from './application.js';
import { fixture, formOf, post } from './hello.js';
import { figure } from './metrics.js';
import { chunk, open, talk, trickle } from './raw-http.js';
import { startService } from './service.js';
import { tracing } from './tracing.js';

const TIMEOUT_MS = 3000;
const application = await startApplication({
  env: { TIMEOUT_MS: String(TIMEOUT_MS), INSTANCES: '1', QUEUE_LIMIT: '0', MAX_PIXELS: '49000000' },
});
const atStart = application.output();
after(() => application.stop());
const hello = `${application.url}/api/hello`;
const coffee = await fixture('coffee.png');
const vast = await sharp({ create: { width: 7000, height: 7000, channels: 4, background: 'teal' } })
  .png()
  .toBuffer();

const Line = z.object({
  name: z.string(),
  level: z.number(),
  msg: z.string(),
  traceId: z.string().optional(),
  status: z.number().optional(),
  err: z.object({ type: z.string(), message: z.string(), code: z.string() }).optional(),
});
type Line = z.output<typeof Line>;

/** The lines of requests in what services have written. */
function requestLines(output: string): Line[] {
  return output
    .split('\n')
    .filter((line) => line.includes('"msg":"request"'))
    .map((line) => Line.parse(JSON.parse(line.slice(line.indexOf('{')))));
}

/** The lines with a trace id, each as `service status code`, when there are as many as expected; more are seen too. */
async function linesOf(id: string, expected: number): Promise<string[]> {
  const found = () => requestLines(application.output()).filter(({ traceId }) => traceId === id);
  await pWaitFor(() => found().length >= expected, { interval: 10, timeout: 10_000 });
  // Behind the line of another request, which all services it passes write after this one's.
  const last = tracing();
  await pWaitFor(async () => (await post(hello, coffee, last.headers)).status === 200, { timeout: 10_000 });
  await pWaitFor(() => requestLines(application.output()).some(({ traceId }) => traceId === last.id), {
    interval: 10,
  });
  return found()
    .map(({ name, status, err }) => `${name} ${status} ${err?.code}`)
    .sort();
}

const large = Buffer.alloc(10 * 1024 ** 2 + 1);
const failures: [
  what: string,
  body: Buffer | FormData | undefined,
  headers: Record<string, string>,
  lines: string[],
][] = [
  ['an unknown function', coffee, { api: 'sepia' }, ['web-port 400 ERR_API']],
  ['an empty body', undefined, {}, ['web-port 400 ERR_EMPTY']],
  [
    'a malformed form',
    Buffer.from('x'),
    { 'content-type': 'multipart/form-data; boundary=b' },
    ['web-port 400 ERR_FORM'],
  ],
  ['two pictures in other fields', formOf(coffee, ['a', 'b']), {}, ['web-port 400 ERR_FILES']],
  ['a page of another origin', coffee, { origin: 'https://example.org' }, ['web-port 403 ERR_ORIGIN']],
  [
    'an answer that the client does not take',
    coffee,
    { api: 'go', accept: 'text/csv' },
    ['web-port 406 ERR_ACCEPT'],
  ],
  ['too many bytes', large, {}, ['web-port 413 ERR_TOO_LARGE']],
  [
    'too many pixels',
    await sharp({ create: { width: 7001, height: 7000, channels: 3, background: 'teal' } })
      .png()
      .toBuffer(),
    {},
    ['image-api-grayscale 413 ERR_TOO_MANY_PIXELS', 'web-port 413 ERR_TOO_MANY_PIXELS'],
  ],
  ['no picture', Buffer.from('text'), {}, ['image-api-grayscale 415 ERR_FORMAT', 'web-port 415 ERR_FORMAT']],
  ['a compressed body', coffee, { 'content-encoding': 'br' }, ['web-port 415 ERR_ENCODING']],
  [
    'a damaged picture',
    coffee.subarray(0, 5000),
    {},
    ['image-api-grayscale 422 ERR_FUNCTION_INPUT', 'web-port 422 ERR_FUNCTION_INPUT'],
  ],
  [
    'a damaged picture for classify',
    coffee.subarray(0, 5000),
    { api: 'classify' },
    ['image-api-classify 422 ERR_FUNCTION_INPUT', 'web-port 422 ERR_FUNCTION_INPUT'],
  ],
];

for (const [what, body, headers, lines] of failures) {
  test(`${what} leaves one line in each service it passed: ${lines.join(', ')}`, async () => {
    const trace = tracing(headers);
    await post(hello, body, trace.headers);
    assert.deepEqual(await linesOf(trace.id, lines.length), lines);
  });
}

for (const [method, path, line] of [
  ['GET', '/nothing', 'web-port 404 ERR_NOT_FOUND'],
  ['PUT', '/api/hello', 'web-port 405 ERR_METHOD'],
] as const) {
  test(`${method} ${path} leaves one line: ${line}`, async () => {
    const trace = tracing();
    await fetch(`${application.url}${path}`, { method, headers: trace.headers });
    assert.deepEqual(await linesOf(trace.id, 1), [line]);
  });
}

test('an upload that is too slow leaves one line', async () => {
  const trace = tracing();
  const head = `POST /api/hello HTTP/1.1\r\nhost: x\r\ntraceparent: ${trace.headers.traceparent}\r\ntransfer-encoding: chunked\r\n\r\n`;
  await talk(application.url, trickle(head, chunk('a'), 50), { answers: 0 });
  assert.deepEqual(await linesOf(trace.id, 1), ['web-port 408 ERR_UPLOAD_TIMEOUT']);
});

test('a client that goes away in its body leaves one line', async () => {
  const trace = tracing();
  const socket = await uploading(trace.headers.traceparent, coffee.length, 'half of');
  await pWaitFor(async () => (await figure(application.url, 'http_requests_in_progress')) === 1, {
    interval: 2,
  });
  socket.resetAndDestroy();
  assert.deepEqual(await linesOf(trace.id, 1), ['web-port 499 ERR_CLIENT_GONE']);
});

test('a client that goes away before its answer leaves one line in each service', async () => {
  const trace = tracing();
  const socket = await uploading(trace.headers.traceparent, vast.length, vast);
  const { url = '' } = application.apps.get('image-api-grayscale') ?? {};
  await pWaitFor(async () => (await figure(url, 'function_running')) === 1, { interval: 2 });
  socket.resetAndDestroy();
  assert.deepEqual(await linesOf(trace.id, 2), [
    'image-api-grayscale 499 ERR_CLIENT_GONE',
    'web-port 499 ERR_CLIENT_GONE',
  ]);
});

test('a connection that ends inside its request leaves one line', async () => {
  const trace = tracing();
  const socket = await uploading(trace.headers.traceparent, coffee.length, 'half of');
  socket.end();
  assert.deepEqual(await linesOf(trace.id, 1), ['web-port 400 ERR_INCOMPLETE']);
  socket.destroy();
});

/** Announces a picture of so many bytes, and sends these. */
async function uploading(traceparent: string, length: number, bytes: Buffer | string): Promise<Socket> {
  const socket = await open(application.url);
  socket.write(
    `POST /api/hello HTTP/1.1\r\nhost: x\r\ntraceparent: ${traceparent}\r\ncontent-length: ${length}\r\n\r\n`,
  );
  await new Promise((resolve) => socket.write(bytes, resolve));
  return socket;
}

test('a deadline that passes leaves one line in each service', async () => {
  const trace = tracing({ 'x-timeout-ms': '150' });
  const answer = await post(hello, vast, trace.headers);
  assert.equal(answer.status, 504);
  const lines = await linesOf(trace.id, 2);
  assert.equal(lines.length, 2, lines.join());
  assert.match(lines[0] ?? '', /^image-api-grayscale (504 ERR_(FUNCTION_)?TIMEOUT|499 ERR_CLIENT_GONE)$/);
  assert.match(lines[1] ?? '', /^web-port 504 ERR_(FUNCTION_)?TIMEOUT$/);
});

test('each of many that are too many leaves one line in each service it passed', async () => {
  const traces = Array.from({ length: 8 }, () => tracing());
  const answers = await Promise.all(
    traces.map(async ({ headers }) => (await post(hello, coffee, headers)).status),
  );
  assert.ok(answers.includes(503));
  for (const [index, { id }] of traces.entries()) {
    if (answers[index] !== 503) continue;
    const lines = await linesOf(id, 2);
    assert.equal(lines.length, 2);
    for (const line of lines) assert.match(line, / 503 ERR_(FUNCTION_)?BUSY$/);
  }
});

/** What Node refuses before it is a request has no trace: its line gets one of its own. */
for (const [status, code, bytes] of [
  [400, 'ERR_MALFORMED', 'nonsense\r\n\r\n'],
  [400, 'ERR_MALFORMED', 'POST /api/hello HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
  [400, 'ERR_METHOD', 'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n'],
  [400, 'ERR_HOST', 'GET / HTTP/1.1\r\n\r\n'],
  [408, 'ERR_REQUEST_TIMEOUT', 'POST /api/hello HTTP/1.1\r\nhost:'],
  [431, 'ERR_HEADERS', `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`],
] as const) {
  test(`${JSON.stringify(bytes.slice(0, 80))} leaves one line: ${status} ${code}`, async () => {
    const before = requestLines(application.output()).length;
    await talk(application.url, [bytes]);
    await linesOf('', 0);
    const lines = requestLines(application.output())
      .slice(before)
      .filter(({ err }) => err !== undefined);
    assert.deepEqual(
      lines.map(({ name, status, err }) => [name, status, err?.code]),
      [['web-port', status, code]],
    );
    assert.match(lines[0]?.traceId ?? '', /^[\da-f]{32}$/);
  });
}

test('a client above its rate, and a sidecar that is not there, leave one line each', async (t) => {
  const { url, output } = await startService(t, 'web-port', {
    RATE_LIMIT_PER_MINUTE: '1',
    DAPR_HTTP_PORT: '1',
  });
  for (const [status, code] of [
    [502, 'ERR_UNREACHABLE'],
    [429, 'ERR_RATE'],
  ] as const) {
    const trace = tracing();
    assert.equal((await post(`${url}/api/hello`, coffee, trace.headers)).status, status);
    const found = () => requestLines(output()).filter(({ traceId }) => traceId === trace.id);
    await pWaitFor(() => found().length > 0, { interval: 10, timeout: 5000 });
    const [line, ...more] = found();
    assert.deepEqual([line?.status, line?.err?.code, more.length], [status, code, 0]);
    if (status === 502) assert.match(line?.err?.message ?? '', /ECONNREFUSED/);
  }
});

test('a start logs no warning: what the sidecars ask for is there, and they do not say what is switched off', async () => {
  // Logged by a service are questions for it; each sidecar asks for /dapr/config at its start.
  for (const { url } of application.apps.values()) {
    const answer = await fetch(`${url}/dapr/config`);
    assert.deepEqual([answer.status, await answer.json()], [200, {}]);
  }
  assert.doesNotMatch(atStart, /"level":(40|50|60)|level=(warning|error|fatal)/);
});
