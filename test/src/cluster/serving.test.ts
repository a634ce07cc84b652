import assert from 'node:assert/strict';
import { test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { fixture, post } from '../hello.js';
import { c } from '../languages/c.js';
import { APIS, knownPicture } from '../stress/checked-answer.js';
import { APP_OF, APPS, deployed, EDGE } from './deployment.js';
import { figure } from './figures.js';
import { kubectl } from './kubectl.js';
import { answersByPod } from './pod-counts.js';
import { containerOf, isReady, onlyPod, processesOf, SIDECAR } from './pods.js';

const url = await deployed();
const hello = `${url}/api/hello`;

for (const app of APPS)
  test(`${app} is ready behind an injected sidecar, and neither was started twice`, async () => {
    const pod = await onlyPod(app);
    assert.ok(isReady(pod));
    for (const name of [app, SIDECAR]) {
      const { ready, restartCount } = containerOf(pod, name);
      assert.deepEqual([name, ready, restartCount], [name, true, 0]);
    }
    const ready =
      pod.status.conditions.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? assert.fail();
    const started = containerOf(pod, app).state.running?.startedAt ?? assert.fail();
    const seconds = (ready.getTime() - started.getTime()) / 1000;
    await figure(`${app}: from its container's start to ready`, `${seconds} s`);
  });

for (const api of APIS)
  test(`${api} answers right`, async () => {
    const picture = await knownPicture();
    await picture.check(api, await post(hello, picture.bytes, picture.headers(api)));
  });

test('a function of its own, made from the template for C, answers right', async () => {
  const input = await c.input();
  const answer = await post(hello, input, { api: 'histogram', 'content-type': c.types.input });
  assert.deepEqual([answer.status, answer.type], [200, c.types.answer]);
  await c.verify(answer.body, input);
});

test('what a function refuses is sent to it once, whatever is sent again', async () => {
  const refused = async () => [...(await answersByPod(APP_OF.grayscale, 422)).values()][0] ?? 0;
  const before = await refused();
  const { status } = await post(hello, (await fixture('coffee.png')).subarray(0, 5000));
  assert.equal(status, 422);
  // An answer is counted when it has ended.
  await pWaitFor(async () => (await refused()) > before, { interval: 50, timeout: 5000 });
  assert.equal(await refused(), before + 1);
});

test('the page is served, and offers all functions', async () => {
  const page = await fetch(url);
  assert.equal(page.url, `${url}/static/`);
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
  const { functions } = JSON.parse(await (await fetch(`${url}/api/functions`)).text());
  assert.deepEqual(functions.map(({ name }: { name: string }) => name).sort(), Object.keys(APP_OF).sort());
});

for (const [name, app] of Object.entries(APP_OF))
  test(`${name} runs behind both walls`, async () => {
    const pod = await onlyPod(app);
    const log = await kubectl('logs', pod.metadata.name, '--container', app);
    const ready = log
      .split('\n')
      .find((line) => line.includes('"function ready"') && line.includes(`"${name}"`));
    assert.ok(ready, log);
    const { sandbox } = JSON.parse(ready);
    assert.match(sandbox, /^imports checked, seccomp \(2 filters\), no new privileges, CPU limit/);
  });

test('nothing runs as root, nor can it write to its file system', async () => {
  for (const app of APPS) {
    const pod = await onlyPod(app);
    for (const container of [app, SIDECAR]) assert.ok(processesOf(pod, container).length > 0);
    const attempt = `try { fs.writeFileSync('/app/x', ''); console.log('written') } catch (e) { console.log(process.getuid(), e.code) }`;
    const said = await kubectl('exec', pod.metadata.name, '--container', app, '--', 'node', '-e', attempt);
    assert.equal(said, '65532 EROFS');
  }
});

test('web-port alone has a Service', async () => {
  const names = await kubectl('get', 'services', '--selector', '!dapr.io/enabled', '--output', 'name');
  assert.deepEqual(names.split('\n'), [`service/${EDGE}`]);
});
