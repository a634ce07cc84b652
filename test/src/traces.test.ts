import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { startApplication } from './application.js';
import { functionFolders } from './function-folders.js';
import { fixture, post } from './hello.js';
import { order } from './misbehave.js';
import { type ReceivedSpan, startCollector } from './otlp.js';
import { startRunFile } from './run-file.js';
import { drawn, FUNCTIONS, through, whole } from './trace-lines.js';
import { tracing } from './tracing.js';

const coffee = await fixture('coffee.png');
const collector = await startCollector();
after(() => collector.close());
const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '50', LOG_LEVEL: 'info' };
const application = await startApplication({ env });
after(() => application.stop());
const folders = await functionFolders(
  { after },
  {
    // A filter without any kit: its input in upper case.
    upper: { guest: 'plain', manifest: { accepts: ['text/*'], returns: 'text/plain' } },
    misbehave: { guest: 'misbehave', manifest: { queue: 0, instances: 1 } },
  },
);
const ownEnv = { ...folders.env, LOG_FORMAT: 'json' };
const command = ['dist/server.js'];
const ownFunctions = await startRunFile(
  [
    { appID: 'web-port', appPort: 8080, folder: 'web-port', command, env: ownEnv },
    { appID: 'functions', appPort: 9005, folder: 'function-service', command, env: ownEnv },
  ],
  { enableAppHealthCheck: true, appHealthCheckPath: '/healthz', appHealthProbeInterval: 1 },
  { env },
);
after(() => ownFunctions.stop());
const ownUrl = ownFunctions.apps.get('web-port')?.url ?? assert.fail();

/** The spans of a trace, once they are as many as expected. */
async function spansOf(traceId: string, expected: number): Promise<ReceivedSpan[]> {
  const found = () => collector.spans.filter((span) => span.traceId === traceId);
  await pWaitFor(() => found().length >= expected, { interval: 20, timeout: 10_000 }).catch((cause) => {
    throw new Error(`there is no more than:\n${drawn(found()).join('\n')}`, { cause });
  });
  return found();
}

/** The trace ids of the lines that a request of this path has left in the logs, one for each service. */
function loggedIds(output: string, path: string): (string | undefined)[] {
  return output
    .split('\n')
    .filter((line) => line.includes('"msg":"request"') && line.includes(`"path":"${path}"`))
    .map((line) => /"traceId":"([\da-f]{32})"/.exec(line)?.[1]);
}

for (const [name, app, steps] of FUNCTIONS)
  test(`a request to ${name} is one trace, from web-port through both sidecars to the run`, async () => {
    const sent = tracing({ api: name });
    const answer = await post(`${application.url}/api/hello`, coffee, sent.headers);
    assert.equal(answer.status, 200, `${answer.body}`);
    const spans = await spansOf(sent.id, 5 + steps.length);
    assert.deepEqual(drawn(spans, sent.parent), whole(app, name, steps));
    const attributesOf = (wanted: string) => spans.find((span) => span.name === wanted)?.attributes;
    const {
      'function.input.bytes': bytesIn,
      'function.output.bytes': bytesOut,
      ...run
    } = attributesOf(`run ${name}`) ?? {};
    assert.deepEqual(run, { 'function.name': name, 'function.sandbox': 'fork', 'function.outcome': 'ok' });
    if (name === 'grayscale') assert.deepEqual([bytesIn, bytesOut], [coffee.length, answer.body.length]);
    else assert.ok(Number(bytesIn) < coffee.length && Number(bytesOut) > 0, `${bytesIn} ${bytesOut}`);
    assert.deepEqual(attributesOf('POST /api/hello'), {
      'http.request.method': 'POST',
      'url.path': '/api/hello',
      'http.route': '/api/hello',
      'http.response.status_code': 200,
      'function.name': name,
    });
    for (const { name, startTimeUnixNano: start, endTimeUnixNano: end } of spans)
      assert.ok(end >= start && end - start < 20_000, `${name} took ${end - start} ms`);
    const logged = application
      .output()
      .split('\n')
      .filter((line) => line.includes(sent.id));
    assert.equal(logged.length, 2, logged.join('\n'));
  });

test('a request without a trace begins one, whose id is in the lines of both services', async () => {
  const before = loggedIds(application.output(), '/api/hello').length;
  assert.equal((await post(`${application.url}/api/hello`, coffee)).status, 200);
  const ids = () => loggedIds(application.output(), '/api/hello').slice(before);
  await pWaitFor(() => ids().length > 0, { interval: 10, timeout: 5000 });
  const [id = ''] = ids();
  const [first, ...rest] = drawn(await spansOf(id, 7));
  assert.deepEqual([first, rest.length], ['web-port: POST /api/hello SERVER', 6]);
  assert.equal(loggedIds(application.output(), '/functions/grayscale').at(-1), id);
});

test('a filter is traced as well', async () => {
  const sent = tracing({ api: 'upper', 'content-type': 'text/plain' });
  const answer = await post(`${ownUrl}/api/hello`, Buffer.from('abc'), sent.headers);
  assert.equal(`${answer.body}`, 'ABC');
  const spans = await spansOf(sent.id, 7);
  assert.deepEqual(drawn(spans, sent.parent), [
    'web-port: POST /api/hello SERVER',
    '  web-port: call functions CLIENT',
    ...through('functions', 'upper'),
    '        functions: POST /functions/:name SERVER',
    '          functions: wait for an instance INTERNAL',
    '          functions: run upper INTERNAL',
  ]);
  const { 'function.output.bytes': bytes } = spans.find(({ name }) => name === 'run upper')?.attributes ?? {};
  assert.equal(bytes, 3);
});

test('an input that is refused marks the run and the call with its code, and no service', async () => {
  const sent = tracing({ api: 'grayscale' });
  assert.equal(
    (await post(`${application.url}/api/hello`, coffee.subarray(0, 5000), sent.headers)).status,
    422,
  );
  assert.deepEqual(drawn(await spansOf(sent.id, 7), sent.parent), [
    'web-port: POST /api/hello SERVER ERR_FUNCTION_INPUT',
    '  web-port: call image-api-grayscale CLIENT ERROR ERR_FUNCTION_INPUT',
    ...through('image-api-grayscale', 'grayscale', ' ERROR'),
    '        image-api-grayscale: POST /functions/:name SERVER ERR_FUNCTION_INPUT',
    '          image-api-grayscale: wait for an instance INTERNAL',
    '          image-api-grayscale: run grayscale INTERNAL ERROR ERR_FUNCTION_INPUT',
  ]);
});

test('a function that traps marks the services, too', async () => {
  const sent = tracing({ api: 'misbehave' });
  assert.equal((await post(`${ownUrl}/api/hello`, order('trap', coffee), sent.headers)).status, 500);
  assert.deepEqual(drawn(await spansOf(sent.id, 7), sent.parent), [
    'web-port: POST /api/hello SERVER ERROR ERR_FUNCTION_TRAPPED',
    '  web-port: call functions CLIENT ERROR ERR_FUNCTION_TRAPPED',
    ...through('functions', 'misbehave', ' ERROR'),
    '        functions: POST /functions/:name SERVER ERROR ERR_FUNCTION_TRAPPED',
    '          functions: wait for an instance INTERNAL',
    '          functions: run misbehave INTERNAL ERROR ERR_FUNCTION_TRAPPED',
  ]);
});

test('what web-port refuses itself is a trace of one span with its code', async () => {
  const sent = tracing({ api: 'sepia' });
  assert.equal((await post(`${application.url}/api/hello`, coffee, sent.headers)).status, 400);
  assert.deepEqual(drawn(await spansOf(sent.id, 1), sent.parent), [
    'web-port: POST /api/hello SERVER ERR_API',
  ]);
});

test('a trace that its caller does not record is recorded nowhere', async () => {
  const sent = tracing({}, '00');
  const { status } = await post(`${application.url}/api/hello`, coffee, sent.headers);
  assert.equal(status, 200);
  const last = tracing();
  await post(`${application.url}/api/hello`, coffee, last.headers);
  await spansOf(last.id, 7);
  assert.deepEqual(
    collector.spans.filter(({ traceId }) => traceId === sent.id),
    [],
  );
  assert.equal(
    application
      .output()
      .split('\n')
      .filter((line) => line.includes(sent.id)).length,
    2,
  );
});

test('probes are not traced', () => {
  // Sidecars have asked for these since the start.
  const paths = collector.spans
    .map(({ attributes }) => attributes['url.path'])
    .filter((path) => path !== undefined);
  assert.ok(paths.length > 0);
  assert.deepEqual(
    paths.filter((path) => !/^\/(api\/hello|functions\/\w+)$/.test(String(path))),
    [],
  );
});
