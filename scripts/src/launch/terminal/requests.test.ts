import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { REQUEST_MESSAGE } from '@app/service-kit/messages';
import { gather } from '../fixtures/launching.js';
import {
  common,
  err,
  NAMES,
  ofPort,
  ofService,
  port,
  service,
  shownOf,
  stderr,
  TRACE,
} from '../fixtures/shown.js';
import { Output } from '../output.js';

test('a request is one line, of whoever was asked first, with the time that the service says', async () => {
  const line = port('invert 200 in 105 ms (sandbox 15.4 ms)');
  assert.deepEqual(
    await shownOf([
      ['functions', ofService],
      ['web-port', ofPort],
    ]),
    [line],
  );
  assert.deepEqual(
    await shownOf([
      ['web-port', ofPort],
      ['functions', ofService],
    ]),
    [line],
    'the pipes of two processes keep no order',
  );
});

test('a request of no function is told by its method and address, of which too much is left out', async () => {
  const { function: _, ...page } = { ...ofPort, method: 'GET', path: '/', status: 302, ms: 1 };
  assert.deepEqual(
    await shownOf([
      ['web-port', page],
      ['web-port', { ...page, path: `/${'x'.repeat(10_000)}` }],
      ['web-port', { ...common, msg: REQUEST_MESSAGE, status: 400, err: err('No HTTP.', 'ERR_MALFORMED') }],
    ]),
    [
      port('GET / 302 in 1 ms'),
      port(`GET /${'x'.repeat(119)}… 302 in 1 ms`),
      port('unreadable request 400'),
      port('  No HTTP.'),
    ],
  );
});

test('a service that is asked by nobody who is launched here has a line of its own', async () => {
  const { callerApp: _, ...direct } = ofService;
  const line = service('invert 200 in 27 ms (sandbox 15.4 ms)');
  assert.deepEqual(await shownOf([['functions', direct]]), [line]);
  assert.deepEqual(await shownOf([['functions', { ...ofService, callerApp: 'someone' }]]), [line]);
});

test('a line waits for that of an app that never says anything for a second', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const written = gather();
  const pipe = new PassThrough();
  const copying = new Output(written.stream, NAMES, 'brief').copy('functions', pipe);
  pipe.write(`${JSON.stringify(ofService)}\n`);
  await new Promise(setImmediate);
  t.mock.timers.tick(999);
  assert.equal(written.text(), '');
  t.mock.timers.tick(1);
  assert.equal(written.text(), `${service('invert 200 in 27 ms (sandbox 15.4 ms)')}\n`);
  pipe.end();
  await copying;
});

test('what went wrong, in the words of who knows most, and what the function wrote stand under its request', async () => {
  const failed = { level: 50, status: 500 };
  const told = 'The function failed on this input; the log says how.';
  const other = { ...ofPort, traceId: TRACE.replace('c', 'd'), status: 503, level: 50 };
  assert.deepEqual(
    await shownOf([
      ['functions', stderr('opening the picture')],
      ['functions', stderr('no memory is left')],
      ['web-port', { ...other, err: err('Too many.', 'ERR_BUSY') }],
      ['functions', { ...ofService, ...failed, err: err(`${told}: the function ended: unreachable`) }],
      ['web-port', { ...ofPort, ...failed, err: err(told) }],
      ['web-port', { ...ofPort, traceId: TRACE.replace('c', 'e') }],
    ]),
    [
      port('invert 500 in 105 ms (sandbox 15.4 ms)'),
      service('  the function ended: unreachable'),
      service('  invert stderr: opening the picture'),
      service('  invert stderr: no memory is left'),
      port('invert 503 in 105 ms'),
      port('  Too many.'),
      port('invert 200 in 105 ms'),
    ],
  );
});

test('what two services and the function say in the same words is told once', async () => {
  const refused = { level: 40, status: 422 };
  const why = 'Cannot be decoded: damaged GIF.';
  assert.deepEqual(
    await shownOf([
      ['functions', stderr('looking at it')],
      ['functions', stderr('cannot be decoded: damaged GIF')],
      [
        'functions',
        {
          ...ofService,
          ...refused,
          err: err(`${why}: cannot be decoded: damaged GIF`, 'ERR_FUNCTION_INPUT'),
        },
      ],
      ['web-port', { ...ofPort, ...refused, err: err(why, 'ERR_FUNCTION_INPUT') }],
    ]),
    [
      port('invert 422 in 105 ms (sandbox 15.4 ms)'),
      port(`  ${why}`),
      service('  invert stderr: looking at it'),
    ],
  );
});

test('of a request that took too long, whoever gave it up says why, and not the service that was left', async () => {
  const why = 'The answer took too long. Try again later.: The time is up.';
  const late = { ...ofPort, level: 50, status: 504, err: err(why, 'ERR_TIMEOUT') };
  const left = { ...ofService, level: 40, status: 499, err: err('The client went away.', 'ERR_CLIENT_GONE') };
  assert.deepEqual(
    await shownOf([
      ['functions', left],
      ['web-port', late],
    ]),
    [
      port('invert 504 in 105 ms (sandbox 15.4 ms)'),
      port('  The answer took too long. Try again later.'),
      port('  The time is up.'),
    ],
  );
  assert.deepEqual(await shownOf([['functions', { ...left, callerApp: undefined }]]), [
    service('invert 499 in 27 ms (sandbox 15.4 ms)'),
    service('  The client went away.'),
  ]);
});

test('an error that nobody expected is told with where it came from', async () => {
  const told = 'Something went wrong in this service; its log says what.';
  const unexpected = err(told, 'ERR_INTERNAL');
  const stack = `${unexpected.stack}\ncaused by: TypeError: x is undefined\n    at the line`;
  const failed = { level: 50, status: 500 };
  assert.deepEqual(
    await shownOf([
      [
        'functions',
        { ...ofService, ...failed, err: { ...err(`${told}: x is undefined`, 'ERR_INTERNAL'), stack } },
      ],
      ['web-port', { ...ofPort, ...failed, err: unexpected }],
    ]),
    [
      port('invert 500 in 105 ms (sandbox 15.4 ms)'),
      service('  TypeError: x is undefined'),
      service('      at the line'),
    ],
  );
  assert.deepEqual(await shownOf([['web-port', { ...ofPort, level: 50, status: 500, err: unexpected }]]), [
    port('invert 500 in 105 ms'),
    port('  Problem: Something went wrong in this service; its log says what.'),
    port('      at somewhere'),
  ]);
});

test('what a function writes waits for the end of its request, unless that is far off, or it is much', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const written = gather();
  const pipe = new PassThrough();
  const copying = new Output(written.stream, NAMES, 'brief').copy('functions', pipe);
  const shownAfter = async (lines: readonly string[], ms = 0) => {
    const before = written.text().length;
    for (const line of lines) pipe.write(`${JSON.stringify(stderr(line))}\n`);
    await new Promise(setImmediate);
    t.mock.timers.tick(ms);
    return written.text().slice(before);
  };
  assert.equal(await shownAfter(['one', 'two'], 29_999), '');
  assert.match(await shownAfter([], 1), /one\n.*two\n$/);
  const many = Array.from({ length: 101 }, (_, n) => `line ${n}`);
  assert.equal(await shownAfter(many.slice(0, 100)), '');
  assert.equal(
    await shownAfter(many.slice(100)),
    many.map((line) => `${service(`  invert stderr: ${line}`)}\n`).join(''),
  );
  pipe.end();
  await copying;
});

test('what a function writes that has no request is shown at once', async () => {
  const { traceId: _, ...early } = stderr('loading');
  assert.deepEqual(await shownOf([['functions', early]]), [service('invert stderr: loading')]);
});

test('of more requests than are kept, the oldest is shown without waiting', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const written = gather();
  const pipe = new PassThrough();
  const copying = new Output(written.stream, NAMES, 'brief').copy('functions', pipe);
  for (let n = 0; n < 1001; n += 1)
    pipe.write(`${JSON.stringify({ ...stderr(`line ${n}`), traceId: `trace ${n}` })}\n`);
  await new Promise(setImmediate);
  assert.equal(written.text(), `${service('  invert stderr: line 0')}\n`);
  pipe.end();
  await copying;
  assert.equal(written.text().split('\n').length, 1002);
});
