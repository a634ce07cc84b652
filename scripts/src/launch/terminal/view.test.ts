import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { gather } from '../fixtures/launching.js';
import { Output, type Shown } from '../output.js';

const TRACE = 'c5eb423badfa4fd13df46ed91efeaf03';
const NAMES = ['web-port', 'web-port daprd', 'functions', 'functions daprd'];

/** What a terminal shows of lines that come in this order, until the processes have ended. */
async function shownOf(
  said: [name: string, line: string | object][],
  { shown = 'brief', hasColors = false }: { shown?: Shown; hasColors?: boolean } = {},
): Promise<string[]> {
  const written = gather();
  const output = new Output(Object.assign(written.stream, { hasColors: () => hasColors }), NAMES, shown);
  const pipes = new Map(NAMES.map((name) => [name, new PassThrough()]));
  const copying = [...pipes].map(([name, pipe]) => output.copy(name, pipe));
  for (const [name, line] of said) {
    pipes.get(name)?.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
    await new Promise(setImmediate);
  }
  for (const pipe of pipes.values()) pipe.end();
  await Promise.all(copying);
  return written.text().split('\n').slice(0, -1);
}

const common = { level: 30, time: 1795602360611, pid: 1, hostname: 'vm', traceId: TRACE };
const request = { ...common, method: 'POST', bytesIn: 5, bytesOut: 5, function: 'invert', msg: 'request' };
const ofPort = { ...request, name: 'web-port', path: '/api/hello', status: 200, ms: 105 };
const ofService = {
  ...request,
  name: 'functions',
  path: '/functions/invert',
  status: 200,
  ms: 27,
  callerApp: 'web-port',
  functionMs: 15.4,
};
const stderr = (line: string) => ({
  ...common,
  level: 40,
  name: 'functions',
  function: 'invert',
  line,
  msg: 'the function wrote to stderr',
});
const err = (message: string, code = 'ERR_FUNCTION_TRAPPED') => ({
  type: 'Problem',
  message,
  code,
  stack: `Problem: ${message}\n    at somewhere`,
});

const port = (text: string) => `web-port        | ${text}`;
const service = (text: string) => `functions       | ${text}`;

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
      ['web-port', { ...common, name: 'web-port', status: 400, err: err('No HTTP.', 'ERR_MALFORMED') }],
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
  const unexpected = err('Something went wrong in this service; its log says what.', 'ERR_INTERNAL');
  assert.deepEqual(await shownOf([['web-port', { ...ofPort, level: 50, status: 500, err: unexpected }]]), [
    port('invert 500 in 105 ms'),
    port('  Problem: Something went wrong in this service; its log says what.'),
    port('      at somewhere'),
  ]);
});

test('a function that writes much is shown without waiting for the end of its request', async () => {
  const lines = Array.from({ length: 250 }, (_, n) => stderr(`line ${n}`));
  const shown = await shownOf(lines.map((line) => ['functions', line]));
  assert.deepEqual(
    shown,
    lines.map(({ line }) => service(`  invert stderr: ${line}`)),
  );
});

test('what a function writes that has no request is shown at once', async () => {
  const { traceId: _, ...early } = stderr('loading');
  assert.deepEqual(await shownOf([['functions', early]]), [service('invert stderr: loading')]);
});

test('no one who sends something, and no function, steers the terminal', async () => {
  const shown = await shownOf([
    ['functions', stderr('\x1b[2Jgone\r\x07')],
    [
      'functions',
      { ...ofService, callerApp: undefined, err: err('bad \x1b]0;title\x07\nsecond line\x9b1m', 'X') },
    ],
    ['functions', { ...common, traceId: undefined, msg: 'own \x1b[2J line', more: '\x1b[2J' }],
  ]);
  assert.deepEqual(shown.slice(0, 4), [
    service('invert 200 in 27 ms (sandbox 15.4 ms)'),
    service('  bad \\x1b]0;title\\x07'),
    service('  second line\\x9b1m'),
    service('  invert stderr: \\x1b[2Jgone\\x0d\\x07'),
  ]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that are looked for
  assert.doesNotMatch(shown.join('\n'), /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
});

test('colours are where the terminal has them: the name, the status by its class, what a function wrote', async () => {
  const shown = (status: number) =>
    shownOf([['web-port', { ...ofPort, status, function: undefined }]], { hasColors: true });
  for (const [status, colour] of [
    [200, 32],
    [302, 36],
    [404, 33],
    [500, 31],
  ] as const)
    assert.deepEqual(await shown(status), [
      `\x1b[36mweb-port        |\x1b[39m POST /api/hello \x1b[${colour}m${status}\x1b[39m in 105 ms`,
    ]);
  assert.deepEqual(await shownOf([['functions', stderr('boom')]], { hasColors: true }), [
    '\x1b[35mfunctions       |\x1b[39m   \x1b[2minvert stderr: boom\x1b[22m',
  ]);
});

test('colours change nothing of what is said, in brief or all', async () => {
  const said: [string, object][] = [
    ['functions', stderr('boom')],
    ['functions', { ...ofService, level: 50, status: 500, err: err('The function failed.') }],
    ['web-port', ofPort],
    ['functions', { level: 30, time: 1, msg: 'cache is warm', entries: 5 }],
  ];
  for (const shown of ['brief', 'all'] as const) {
    const coloured = await shownOf(said, { shown, hasColors: true });
    const plain = await shownOf(said, { shown });
    assert.notDeepEqual(coloured, plain);
    assert.deepEqual(coloured.map(stripVTControlCharacters), plain);
  }
});

test('a line that is no log of ours is shown as it is', async () => {
  const lines = [
    'hello',
    '{not JSON',
    '{"level":"high","msg":"x"}',
    '',
    '  at somewhere',
    'time="x" level=info',
  ];
  assert.deepEqual(await shownOf(lines.map((line) => ['functions', line])), lines.map(service));
});

test('any other entry of a log is told in short, with its level', async () => {
  const own = {
    level: 30,
    time: 1,
    pid: 1,
    hostname: 'vm',
    name: 'functions',
    msg: 'cache is warm',
    entries: 5,
  };
  const failed = { ...own, level: 50, msg: 'function not served', entries: undefined };
  assert.deepEqual(
    await shownOf([
      ['functions', own],
      ['functions', { ...failed, function: 'invert', err: err('It is not built.', 'ERR_COMPILE') }],
    ]),
    [
      service('INFO: cache is warm {"entries":5}'),
      service('ERROR: function not served: It is not built. {"function":"invert"}'),
    ],
  );
});

const daprd = (level: string, msg: string) =>
  `time="2026-11-25T10:18:42Z" level=${level} msg="${msg}" app_id=web-port scope=dapr.runtime type=log ver=1.18.2`;
const known = [
  daprd('info', 'Loading components…'),
  daprd('warning', 'mTLS is disabled. Skipping certificate request and tls validation'),
  daprd(
    'warning',
    'Actor runtime disabled: api error: code = Unavailable desc = placement service is not configured. Actors and Workflow APIs will be unavailable',
  ),
  daprd('warning', 'No scheduler host addresses provided. Scheduler disabled'),
  daprd(
    'warning',
    "The default value for 'spec.metric.http.increasedCardinality' will change to 'false' in Dapr 1.15 or later",
  ),
];

test('what a sidecar says at each start and concerns nobody is not shown, anything else is', async () => {
  const lines = [
    ...known,
    daprd('warning', 'the disk is \\"full\\"'),
    daprd('error', 'mTLS is disabled. Truly'),
    'panic: x',
  ];
  assert.deepEqual(await shownOf(lines.map((line) => ['web-port daprd', line])), [
    'web-port daprd  | WARN: the disk is "full"',
    'web-port daprd  | ERROR: mTLS is disabled. Truly',
    'web-port daprd  | panic: x',
  ]);
});

test('that a service is ready, listens and stops is not shown, unless as a warning', async () => {
  const own = { level: 30, time: 1, pid: 1, hostname: 'vm', name: 'functions' };
  const messages = ['function ready', 'listening', 'stopping', 'stopped'];
  assert.deepEqual(
    await shownOf([
      ...messages.map((msg): [string, object] => ['functions', { ...own, msg }]),
      ['functions', { ...own, level: 40, msg: 'function ready, without a sandbox' }],
      [
        'functions',
        { ...own, level: 60, msg: 'stopping because of an error nobody caught', err: err('x', 'Y') },
      ],
    ]),
    [
      service('WARN: function ready, without a sandbox'),
      service('FATAL: stopping because of an error nobody caught: Problem: x'),
      service('    at somewhere'),
    ],
  );
});

test('all is shown where all is asked for, as it comes', async () => {
  const shown = await shownOf(
    [
      ['functions', { ...common, traceId: undefined, name: 'functions', msg: 'listening', port: 1 }],
      ['functions', stderr('boom')],
      ['functions', ofService],
      ['web-port', { ...ofPort, status: 500, err: err('It failed.') }],
      ...known.map((line): [string, string] => ['web-port daprd', line]),
    ],
    { shown: 'all' },
  );
  assert.match(shown[0] ?? '', /^functions {7}\| \d\d:\d\d:\d\d\.611 INFO: listening \{"port":1\}$/);
  assert.match(shown[1] ?? '', /WARN: the function wrote to stderr \{"traceId":"c5eb4.*"line":"boom"\}$/);
  assert.match(
    shown[2] ?? '',
    /^functions {7}\| .* INFO: invert 200 in 27 ms \(sandbox 15\.4 ms\) \{"traceId"/,
  );
  assert.match(shown[3] ?? '', /^web-port {8}\| .* INFO: invert 500 in 105 ms: Problem: It failed\.$/);
  assert.match(
    shown[4] ?? '',
    /^web-port {8}\| {5}at somewhere \{"traceId":.*"bytesIn":5.*"err":\{.*"code":"ERR_FUNCTION_TRAPPED"/,
  );
  assert.deepEqual(
    shown.slice(5),
    known.map((line) => `web-port daprd  | ${line}`),
  );
});
