import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { parts } from '../built-parts.js';
import { functionFolders } from '../function-folders.js';
import { fixture, post } from '../hello.js';
import { traceOf } from '../jaeger.js';
import { spawnLauncher } from '../launcher.js';
import { childrenOf, commandLineOf } from '../processes.js';
import { startRunFile } from '../run-file.js';
import { drawn, FUNCTIONS, through, whole } from '../trace-lines.js';
import { tracing } from '../tracing.js';
import { isLong } from './length.js';

/** Jaeger is built for minutes: `npm test` takes the one that is there, and says that it lacks it. */
const skip =
  !isLong && !existsSync(parts.jaeger)
    ? 'Jaeger is not here: npm run stress -- collector brings it in'
    : false;
const coffee = await fixture('coffee.png');
const args = ['--traces'];
const env = {
  LOG_LEVEL: 'info',
  OTEL_BSP_SCHEDULE_DELAY: '50',
  // Where nobody is, by a protocol that nobody here speaks: another collector than that of --traces.
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:1',
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc',
};

/** Where the launcher says that the page is. */
function pageIn(output: string): string {
  return /^Traces: (http:\S+)$/m.exec(output)?.[1] ?? assert.fail(output);
}

test('Jaeger has whole traces of both functions, of one that failed too, and ends with the rest', {
  skip,
}, async (t) => {
  const launcher = await spawnLauncher(t, { args, env });
  const hello = `${await launcher.url()}/api/hello`;
  const page = pageIn(launcher.output());
  assert.match(await (await fetch(page)).text(), /<title>Jaeger UI<\/title>/);
  for (const [name, app, steps] of FUNCTIONS) {
    const sent = tracing({ api: name });
    assert.equal((await post(hello, coffee, sent.headers)).status, 200);
    const spans = await traceOf(page, sent.id, 5 + steps.length);
    assert.deepEqual(drawn(spans, sent.parent), whole(app, name, steps));
    const run = spans.find((span) => span.name === `run ${name}`)?.attributes;
    assert.deepEqual([run?.['function.sandbox'], run?.['function.outcome']], ['fork', 'ok']);
    const logged = launcher
      .output()
      .split('\n')
      .filter((line) => line.includes(sent.id));
    assert.equal(logged.length, 2, logged.join('\n'));
  }
  const failed = tracing();
  assert.equal((await post(hello, coffee.subarray(0, 5000), failed.headers)).status, 422);
  const lines = drawn(await traceOf(page, failed.id, 7), failed.parent);
  assert.equal(
    lines.at(-1),
    '          image-api-grayscale: run grayscale INTERNAL ERROR ERR_FUNCTION_INPUT',
    lines.join('\n'),
  );
  await launcher.stop();
});

test('Jaeger has the trace of a filter', { skip }, async (t) => {
  const folders = await functionFolders(t, { upper: { guest: 'plain', manifest: { accepts: ['text/*'] } } });
  const own = { env: folders.env, command: ['dist/server.js'] };
  const running = await startRunFile(
    [
      { appID: 'web-port', appPort: 8080, folder: 'web-port', ...own },
      { appID: 'functions', appPort: 9005, folder: 'function-service', ...own },
    ],
    {},
    { args, env },
  );
  t.after(() => running.stop());
  const sent = tracing({ api: 'upper', 'content-type': 'text/plain' });
  const { url } = running.apps.get('web-port') ?? {};
  assert.equal(`${(await post(`${url}/api/hello`, Buffer.from('abc'), sent.headers)).body}`, 'ABC');
  const lines = drawn(await traceOf(pageIn(running.output()), sent.id, 7), sent.parent);
  assert.deepEqual(lines.slice(2), [
    ...through('functions', 'upper'),
    '        functions: POST /functions/:name SERVER',
    '          functions: wait for an instance INTERNAL',
    '          functions: run upper INTERNAL',
  ]);
});

test('Jaeger that is killed is started again, and no request fails meanwhile', { skip }, async (t) => {
  const launcher = await spawnLauncher(t, { args, env });
  const hello = `${await launcher.url()}/api/hello`;
  const find = () =>
    childrenOf(launcher.process.pid ?? 0).find(({ pid }) => commandLineOf(pid)[0] === parts.jaeger)?.pid;
  const killed = find() ?? assert.fail('there is no Jaeger');
  process.kill(killed, 'SIGKILL');
  await pWaitFor(
    async () => {
      assert.equal((await post(hello, coffee)).status, 200);
      return /jaeger is back after/.test(launcher.output());
    },
    { interval: 20, timeout: 20_000 },
  );
  const sent = tracing();
  assert.equal((await post(hello, coffee, sent.headers)).status, 200);
  assert.equal((await traceOf(pageIn(launcher.output()), sent.id, 7)).length, 7);
  await launcher.stop();
});
