import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type TestContext, test } from 'node:test';
import getPort from 'get-port';
import pWaitFor from 'p-wait-for';
import { functionFolders } from './function-folders.js';
import { post } from './hello.js';
import { figure } from './metrics.js';
import { order } from './misbehave.js';
import { startCollector } from './otlp.js';
import { spawnService, startService } from './service.js';
import { startSilentServer } from './silent-server.js';
import { tracing } from './tracing.js';

const input = Buffer.from('the input');

/** Tells at its end which of OpenTelemetry's packages it has loaded. */
const TELLS_PACKAGES = `data:text/javascript,${encodeURIComponent(`
  import { createRequire } from 'node:module';
  const { cache } = createRequire('/');
  const names = () => Object.keys(cache).flatMap((file) => /@opentelemetry\\/([^/]+)/.exec(file)?.[1] ?? []);
  process.on('exit', () => console.log('loaded:' + [...new Set(names())].sort()));
`)}`;

/** A service of the guest that does what it is told, whose spans go to this collector. */
async function start(t: TestContext, endpoint: string, further: Record<string, string> = {}) {
  const { env } = await functionFolders(t, {
    misbehave: { guest: 'misbehave', manifest: { instances: 1, queue: 0 } },
  });
  const service = await startService(t, 'function-service', {
    ...env,
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_BSP_SCHEDULE_DELAY: '50',
    ...further,
  });
  const logged = (text: string) =>
    service
      .output()
      .split('\n')
      .filter((line) => line.includes(text));
  return { ...service, address: `${service.url}/functions/misbehave`, logged };
}

async function stop({
  process,
  ended,
}: {
  process: { kill(signal: 'SIGTERM'): boolean };
  ended: Promise<unknown>;
}) {
  const start = performance.now();
  process.kill('SIGTERM');
  return { code: await ended, ms: performance.now() - start };
}

for (const [what, endpoint, has] of [
  ['without a collector OpenTelemetry is not even loaded', '', false],
  ['with one it is', 'http://127.0.0.1:1', true],
] as const)
  test(what, async (t) => {
    const service = await start(t, endpoint, {
      NODE_OPTIONS: `--import=${TELLS_PACKAGES}`,
      SHUTDOWN_MS: '1000',
    });
    assert.equal((await post(service.address, input)).status, 200);
    await stop(service);
    const loaded = /^loaded:(.*)$/m.exec(service.output())?.[1]?.split(',');
    // The figures of prom-client know OpenTelemetry's interface, and that alone.
    assert.equal(loaded?.includes('api'), true, service.output());
    assert.equal(loaded?.includes('sdk-trace-base'), has, `${loaded}`);
    assert.equal(loaded?.length, has ? loaded?.length : 1, `${loaded}`);
  });

test('a collector that is away costs no request, and is told once, as its return is', async (t) => {
  const port = await getPort();
  const service = await start(t, `http://127.0.0.1:${port}`, { OTEL_EXPORTER_OTLP_TIMEOUT: '100' });
  const isGone = () => service.logged('spans do not reach the collector');
  for (let request = 0; request < 20; request += 1) {
    assert.equal((await post(service.address, input)).status, 200);
    if (request === 0) await pWaitFor(() => isGone().length > 0, { interval: 10, timeout: 10_000 });
  }
  const collector = await startCollector(port);
  t.after(() => collector.close());
  const isBack = () => service.logged('spans reach the collector again');
  await pWaitFor(
    async () => {
      assert.equal((await post(service.address, input)).status, 200);
      return isBack().length > 0;
    },
    { interval: 50, timeout: 10_000 },
  );
  assert.ok(collector.spans.length > 0);
  assert.deepEqual([isGone().length, isBack().length], [1, 1], service.output());
  const [, lost = '0'] = /"lost":(\d+)/.exec(isBack()[0] ?? '') ?? [];
  assert.ok(Number(lost) > 0, isBack()[0]);
});

test('the last spans are sent when a service ends', async (t) => {
  const collector = await startCollector();
  t.after(() => collector.close());
  const service = await start(t, collector.url, { OTEL_BSP_SCHEDULE_DELAY: '60000' });
  const sent = tracing();
  assert.equal((await post(service.address, input, sent.headers)).status, 200);
  assert.deepEqual(collector.spans, []);
  assert.equal((await stop(service)).code, 0);
  assert.deepEqual(
    collector.spans.map(({ traceId, name }) => [traceId, name]),
    ['wait for an instance', 'run misbehave', 'POST /functions/:name'].map((name) => [sent.id, name]),
  );
});

test('a service ends in time, whatever the collector does', async (t) => {
  const silent = await startSilentServer();
  t.after(() => silent.stop());
  const service = await start(t, `http://127.0.0.1:${silent.port}`, { SHUTDOWN_MS: '3000' });
  assert.equal((await post(service.address, input)).status, 200);
  const { code, ms } = await stop(service);
  assert.equal(code, 0, service.output());
  assert.ok(ms < 3000, `${ms} ms`);
  assert.equal(service.logged('the last spans did not reach the collector in time').length, 1);
});

test('who waits for an instance until its time is up has no run', async (t) => {
  const collector = await startCollector();
  t.after(() => collector.close());
  const service = await start(t, collector.url, { QUEUE_LIMIT: '1' });
  const spin = (ms: number) =>
    post(service.address, order('spin', input), tracing({ 'x-timeout-ms': String(ms) }).headers);
  const first = spin(1500);
  await pWaitFor(async () => (await figure(service.url, 'function_running')) === 1, { interval: 5 });
  const answers = await Promise.all([first, spin(200)]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [504, 504],
  );
  const codes = () =>
    collector.spans
      .filter(({ kind }) => kind === 'INTERNAL')
      .map(({ name, status, attributes }) => [name, status?.code, attributes['error.type']].join(' '))
      .sort();
  await pWaitFor(() => collector.spans.length >= 5, { interval: 10, timeout: 5000 });
  assert.deepEqual(codes(), [
    'run misbehave ERROR ERR_TIMEOUT',
    'wait for an instance ERROR ERR_TIMEOUT',
    'wait for an instance UNSET ',
  ]);
});

/** What a sidecar is to web-port: it answers each call with a classification, and keeps the headers of calls. */
async function startSidecar(t: TestContext) {
  const calls: IncomingHttpHeaders[] = [];
  const body = JSON.stringify({ label: null, confidence: 0, sentence: 'x', predictions: [], model: 'none' });
  const server = createServer((request, response) => {
    if (request.url?.includes('/invoke/')) calls.push(request.headers);
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  });
  const port = await getPort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port, calls };
}

for (const [api, how] of [
  ['grayscale', 'by HTTP'],
  ['classify', 'by the SDK'],
] as const)
  test(`${how}: a trace goes on to the sidecar with what vendors say of it, and below the call's span where there is one`, async (t) => {
    const collector = await startCollector();
    t.after(() => collector.close());
    for (const endpoint of ['', collector.url]) {
      const { port, calls } = await startSidecar(t);
      const service = await startService(t, 'web-port', {
        DAPR_HTTP_PORT: String(port),
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_BSP_SCHEDULE_DELAY: '50',
      });
      const sent = tracing({ api, tracestate: 'vendor=1' });
      assert.equal((await post(`${service.url}/api/hello`, input, sent.headers)).status, 200);
      const find = () =>
        collector.spans.find(({ kind, traceId }) => kind === 'CLIENT' && traceId === sent.id);
      if (endpoint) await pWaitFor(() => find() !== undefined, { interval: 10, timeout: 5000 });
      assert.deepEqual(
        calls.map(({ traceparent, tracestate }) => [traceparent, tracestate]),
        [[`00-${sent.id}-${endpoint ? find()?.spanId : sent.parent}-01`, 'vendor=1']],
      );
    }
  });

for (const [name, value, remedy] of [
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318', 'must be the address of a collector'],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'must be http/protobuf'],
] as const)
  test(`${name}=${value} stops the start`, async (t) => {
    const service = await spawnService(t, 'web-port', { [name]: value });
    assert.equal(await service.ended, 1);
    assert.match(service.output(), new RegExp(`${name}="${value}": ${remedy}`));
  });
