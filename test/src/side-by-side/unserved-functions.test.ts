import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { functionFolders, type TestFunction } from '../function-folders.js';
import { post } from '../hello.js';
import { spawnService, startService } from '../service.js';

const NAME = 'function-service';
/** The guest that answers its input with itself. */
const ECHO: TestFunction = { guest: 'misbehave', manifest: { instances: 1 } };

test('functions that cannot be served are told, in the log with where they lie, and the others are served', async (t) => {
  const folders = await functionFolders(t, {
    good: ECHO,
    unbuilt: { ...ECHO, isBuilt: false },
    escape: { guest: 'escape' },
  });
  await folders.addManifest('wrong', 'build: perl\n');
  const { url, output } = await startService(t, NAME, folders.env);
  assert.equal((await post(`${url}/functions/good`, Buffer.from('x'))).status, 200);

  // Its one instance is made anew after each request.
  const healthy = () => fetch(`${url}/healthz`).then(async (response) => response.ok && response.text());
  await pWaitFor(async () => (await healthy()) !== false, { interval: 5, timeout: 5000 });
  const health = String(await healthy());
  const { status, functions } = JSON.parse(health);
  assert.deepEqual([status, functions.good], ['ok', 'ready']);
  for (const [name, reason] of [
    ['unbuilt', /is not built: run `npm run setup`/],
    ['escape', /imports what a function may not have/],
    ['wrong', /function\.yaml is wrong/],
  ] as const) {
    assert.match(functions[name], reason);
    const answer = await post(`${url}/functions/${name}`, Buffer.from('x'));
    assert.equal(answer.status, 503);
    assert.match(
      `${answer.body}`,
      new RegExp(`The function ${name} cannot be served: .*ERR_FUNCTION_UNAVAILABLE`),
    );
    assert.ok(!`${answer.body}${health}`.includes(folders.env.BUILT_DIR.slice(0, -6)));
    assert.match(output(), new RegExp(`"level":50[^\\n]*"function":"${name}"[^\\n]*function not served`));
  }
  assert.ok(output().includes(join(folders.env.BUILT_DIR, 'unbuilt')), output());
  assert.ok(output().includes(join(folders.env.FUNCTIONS_DIR, 'wrong/function.yaml:1')), output());
  const unknown = await post(`${url}/functions/nobody`, Buffer.from('x'));
  assert.equal(unknown.status, 404);
  assert.match(`${unknown.body}`, /no function .*nobody.* in functions, which serves good/);
});

for (const [what, functions, message] of [
  ['no function', {}, /none has `app: functions`/],
  [
    'functions of other apps alone',
    { other: { ...ECHO, manifest: { app: 'another' } } },
    /none has `app: functions`/,
  ],
  [
    'one function that is not built',
    { one: { ...ECHO, isBuilt: false } },
    /one\.so is not a function.*npm run setup/,
  ],
  [
    'only functions that cannot be served',
    { one: { ...ECHO, isBuilt: false }, two: { guest: 'escape' } },
    /No function can be served:\n {2}(one|two): .*\n {2}(one|two): /,
  ],
] as const satisfies [string, Record<string, TestFunction>, RegExp][])
  test(`a service with ${what} does not start, and says why`, async (t) => {
    const { env } = await functionFolders(t, functions);
    const service = await spawnService(t, NAME, env);
    assert.equal(await service.ended, 1, service.output());
    assert.match(service.output(), message);
  });

test('FUNCTION is for an app of one function: the start fails with more', async (t) => {
  const { env } = await functionFolders(t, { a: ECHO, b: ECHO });
  const service = await spawnService(t, NAME, { ...env, FUNCTION: '/x.so' });
  assert.equal(await service.ended, 1, service.output());
  assert.match(service.output(), /FUNCTION=\/x\.so is for an app of one function, and functions has a, b/);
});
