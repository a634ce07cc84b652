import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { z } from 'zod';
import { functionFolders } from './function-folders.js';
import { fixture, formOf, post } from './hello.js';
import { order } from './misbehave.js';
import { startRunFile } from './run-file.js';
import { tracing } from './tracing.js';

const coffee = await fixture('coffee.png');
const folders = await functionFolders(
  { after },
  {
    // Serves: a copy of its input, by frames.
    echo: { guest: 'misbehave', manifest: { title: 'Echo', limits: { input: '1Mi' } } },
    picture: {
      guest: 'misbehave',
      manifest: { accepts: ['image/*'], returns: 'image/png', queue: 0, instances: 1 },
    },
    // A filter without any kit: its input in upper case.
    upper: { guest: 'plain', manifest: { accepts: ['text/*'], returns: 'text/plain' } },
    unbuilt: { guest: 'misbehave', isBuilt: false },
    elsewhere: { guest: 'misbehave', manifest: { app: 'nobody' } },
  },
);
await folders.addManifest('wrong', 'build: perl\n');
const env = { ...folders.env, LOG_FORMAT: 'json' };
const command = ['dist/server.js'];
const running = await startRunFile(
  [
    { appID: 'web-port', appPort: 8080, folder: 'web-port', command, env },
    { appID: 'functions', appPort: 9005, folder: 'function-service', command, env },
  ],
  {
    maxBodySize: '16Mi',
    enableAppHealthCheck: true,
    appHealthCheckPath: '/healthz',
    appHealthProbeInterval: 1,
    appHealthProbeTimeout: 500,
  },
);
after(() => running.stop());
const { url = '' } = running.apps.get('web-port') ?? {};
const hello = `${url}/api/hello`;
const input = Buffer.from('the input');

const Listed = z.object({ functions: z.array(z.record(z.string(), z.unknown())) });

async function listed(): Promise<Record<string, unknown>[]> {
  const response = await fetch(`${url}/api/functions`);
  assert.equal(response.status, 200);
  const { functions } = Listed.parse(await response.json());
  return functions;
}

test('GET /api/functions tells what there is, and what cannot be used', async () => {
  const functions = await listed();
  assert.deepEqual(functions.slice(0, 4), [
    {
      name: 'echo',
      title: 'Echo',
      accepts: ['*/*'],
      returns: null,
      maxBytes: 1_048_576,
      app: 'functions',
      available: true,
    },
    {
      name: 'elsewhere',
      title: 'elsewhere',
      accepts: ['*/*'],
      returns: null,
      maxBytes: 10_485_760,
      app: 'nobody',
      available: true,
    },
    {
      name: 'picture',
      title: 'picture',
      accepts: ['image/*'],
      returns: 'image/png',
      maxBytes: 10_485_760,
      app: 'functions',
      available: true,
    },
    {
      name: 'unbuilt',
      title: 'unbuilt',
      accepts: ['*/*'],
      returns: null,
      maxBytes: 10_485_760,
      app: 'functions',
      available: true,
    },
  ]);
  const { problem, ...wrong } = functions.find(({ name }) => name === 'wrong') ?? {};
  assert.deepEqual(wrong, {
    name: 'wrong',
    title: 'wrong',
    accepts: [],
    returns: null,
    maxBytes: 0,
    app: null,
    available: false,
  });
  assert.match(String(problem), /^wrong\/function\.yaml:1: build is "perl"/);
});

test('any function is asked for by its name, and its answer comes with its type and length', async () => {
  const trace = tracing({ api: 'echo' });
  const { status, type, body, headers } = await post(hello, input, trace.headers);
  assert.deepEqual([status, type, body], [200, 'text/plain; charset=utf-8', input]);
  assert.equal(headers.get('content-length'), String(input.length));
  const lines = () =>
    running
      .output()
      .split('\n')
      .filter((line) => line.includes(trace.id));
  await pWaitFor(() => lines().length === 2, { interval: 10, timeout: 5000 });
  for (const line of lines()) assert.match(line, /"function":"echo"/);
  assert.deepEqual((await post(hello, formOf(coffee, ['file']), { api: 'echo' })).body, coffee);
});

test('a plain filter is asked in the same way, as curl asks', async () => {
  const curl = { api: 'upper', accept: '*/*', 'content-type': 'application/x-www-form-urlencoded' };
  const { status, type, body, headers } = await post(hello, input, curl);
  assert.deepEqual([status, type, `${body}`], [200, 'text/plain', 'THE INPUT']);
  assert.equal(headers.get('content-length'), String(input.length));
  const other = await post(hello, input, { api: 'upper', 'content-type': 'image/png' });
  assert.equal(other.status, 415);
  assert.match(`${other.body}`, /upper takes text\/\*, and this is .*image\/png.*ERR_MEDIA_TYPE/);
});

test('an empty answer is passed on as one', async () => {
  const { status, body, headers } = await post(hello, undefined, { api: 'echo' });
  assert.deepEqual([status, body.length, headers.get('content-length')], [200, 0, '0']);
});

test('an input above the limit of its function is 413 at the edge', async () => {
  const { status, body } = await post(hello, Buffer.alloc(1024 ** 2 + 1), { api: 'echo' });
  assert.equal(status, 413);
  assert.match(`${body}`, /The input has more than 1048576 bytes \(1 MiB\)/);
});

test('what a function does not take is 415, and what it refuses 422, as its service says it', async () => {
  const picture = { api: 'picture' };
  assert.equal((await post(hello, coffee, picture)).type, 'image/png');
  assert.equal((await post(hello, input, picture)).status, 415);
  const refused = await post(hello, order('bad input', coffee), picture);
  assert.deepEqual([refused.status, /this input is no good/i.test(`${refused.body}`)], [422, true]);
});

for (const [api, status, message] of [
  [
    'nobody',
    400,
    /nobody.* names no function\. Use one of echo, elsewhere, picture, unbuilt, upper\..*ERR_API/,
  ],
  ['wrong', 503, /wrong cannot be used: wrong\/function\.yaml:1: .*ERR_FUNCTION_UNAVAILABLE/],
  [
    'unbuilt',
    503,
    /unbuilt cannot be served: It is not built: run `npm run setup`.*ERR_FUNCTION_UNAVAILABLE/,
  ],
  ['elsewhere', 502, /The service nobody cannot be reached.*ERR_UNREACHABLE/],
] as const)
  test(`api: ${api} is ${status}, and the detail says why`, async () => {
    const answer = await post(hello, input, { api });
    assert.equal(answer.status, status, `${answer.body}`);
    assert.match(`${answer.body}`, message);
    assert.doesNotMatch(`${answer.body}`, /\/tmp|"\//);
  });

test('through the sidecars a function is asked as any other app is', async () => {
  const invoke = `${running.apps.get('web-port')?.daprUrl}/v1.0/invoke/functions/method/functions/echo`;
  assert.deepEqual((await post(invoke, input)).body, input);
});

test('a function that comes while web-port runs is in its list a second later, and one that goes is not', async () => {
  const names = async () => (await listed()).map(({ name }) => name);
  await folders.add('late', { guest: 'misbehave' });
  await pWaitFor(async () => (await names()).includes('late'), { interval: 50, timeout: 3000 });
  // Its service has to be told.
  const answer = await post(hello, input, { api: 'late' });
  assert.equal(answer.status, 404);
  assert.match(
    `${answer.body}`,
    /There is no function .*late.* One that is new is served when its service is started/,
  );
  await folders.remove('late');
  await pWaitFor(async () => !(await names()).includes('late'), { interval: 50, timeout: 3000 });
  assert.equal((await post(hello, input, { api: 'late' })).status, 400);
});
