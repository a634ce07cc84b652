import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { common, err, ofPort, ofService, service, shownOf, stderr } from '../fixtures/shown.js';
import type { Shown } from '../output.js';

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

test('FORCE_COLOR has the last word, but not on what a program reads', async (t) => {
  t.after(() => delete process.env.FORCE_COLOR);
  const colours = async (value: string, shown: Shown, hasColors: boolean) => {
    process.env.FORCE_COLOR = value;
    return String(await shownOf([['web-port', ofPort]], { shown, hasColors })).includes('\x1b');
  };
  assert.equal(await colours('1', 'brief', false), true);
  assert.equal(await colours('0', 'brief', true), false);
  assert.equal(await colours('1', 'raw', false), false);
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
  const traced = { ...own, traceId: 'c5eb', entries: undefined, msg: 'the upstream', status: 404, line: 'x' };
  const failed = { ...own, level: 50, msg: 'function not served', entries: undefined };
  assert.deepEqual(
    await shownOf([
      ['functions', own],
      ['functions', traced],
      ['functions', { ...failed, function: 'invert', err: err('It is not built.', 'ERR_COMPILE') }],
    ]),
    [
      service('INFO: cache is warm {"entries":5}'),
      service('INFO: the upstream {"status":404,"line":"x"}'),
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
