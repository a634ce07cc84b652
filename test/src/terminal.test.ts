import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { startApplication } from './application.js';
import { fixture, post } from './hello.js';
import { spawnLauncher } from './launcher.js';
import { FUNCTION, order } from './misbehave.js';

const env = { FUNCTION, INSTANCES: '1', LOG_FORMAT: 'pretty', FORCE_COLOR: '0' };
const application = await startApplication({ env });
const atStart = application.output();
after(() => application.stop());
const hello = `${application.url}/api/hello`;
const coffee = await fixture('coffee.png');

/** The lines that a request leaves, once its own and then those of a later one are there. */
async function linesOf(body: Buffer, headers: Record<string, string> = {}): Promise<string[]> {
  const before = application.output().length;
  const lines = () => application.output().slice(before).split('\n');
  const isThere = (is: (line: string) => boolean) =>
    pWaitFor(() => lines().slice(0, -1).some(is), { interval: 5, timeout: 10_000 });
  await post(hello, body, headers);
  await isThere((line) => line.startsWith('web-port '));
  await fetch(`${application.url}/later`);
  const isLater = (line: string) => line.includes('GET /later 404');
  await isThere(isLater);
  return lines()
    .slice(0, lines().findIndex(isLater))
    .map((line) => line.replace(/[\d.]+ ms/g, 'N ms'));
}

test('a start shows where all is and that it is ready, and nothing else', () => {
  const lines = atStart.split('\n').filter((line) => line !== '');
  const expected = [...application.apps.keys(), 'Ready'];
  assert.equal(lines.length, expected.length, atStart);
  for (const [index, word] of expected.entries()) assert.match(lines[index] ?? '', new RegExp(`^ *${word}`));
});

test('a request that goes well is one line: function, status, and times of all and of the sandbox', async () => {
  assert.deepEqual(await linesOf(coffee), [
    'web-port                  | grayscale 200 in N ms (sandbox N ms)',
  ]);
});

test('under a request that is refused stands why', async () => {
  assert.deepEqual(await linesOf(order('bad input', coffee)), [
    'web-port                  | grayscale 422 in N ms',
    'web-port                  |   This input is no good.',
  ]);
  assert.deepEqual(await linesOf(coffee, { api: 'sepia' }), [
    'web-port                  | POST /api/hello 400 in N ms',
    'web-port                  |   The header api: "sepia" names no function. Use one of classify, go, grayscale, rs.',
  ]);
});

test('under a request whose function ends stand how it ended and what it wrote to stderr', async () => {
  const [request, how, ...stderr] = await linesOf(order('trap', coffee));
  assert.equal(request, 'web-port                  | grayscale 500 in N ms');
  assert.match(how ?? '', /^image-api-grayscale {7}\| {3}the function ended: .*unreachable/);
  assert.ok(stderr.length > 0);
  for (const line of stderr) assert.match(line, /^image-api-grayscale {7}\| {3}grayscale stderr: /);
  assert.match(stderr.join('\n'), /unreachable/);
});

test('--verbose shows all: what sidecars do, that services are ready, and the line of each of them', async (t) => {
  const launcher = await spawnLauncher(t, { env: { ...env, LOG_LEVEL: 'info' }, args: ['--verbose'] });
  const answer = await post(`${await launcher.url()}/api/hello`, coffee);
  assert.equal(answer.status, 200);
  await pWaitFor(() => /^web-port .* INFO: grayscale 200 in /m.test(launcher.output()), { timeout: 10_000 });
  const lines = launcher.output();
  assert.match(lines, /^web-port daprd +\| time=.* level=info msg="Starting Dapr Runtime/m);
  assert.match(
    lines,
    /^image-api-grayscale +\| \d\d:\d\d:\d\d\.\d{3} INFO: function ready \{"function":"grayscale"/m,
  );
  assert.match(
    lines,
    /^image-api-grayscale .* INFO: grayscale 200 in \d+ ms \(sandbox .*"callerApp":"web-port"/m,
  );
  await launcher.stop();
});
