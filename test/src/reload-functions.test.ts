import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { functionFolders, type TestFunction } from './function-folders.js';
import { post } from './hello.js';
import { order } from './misbehave.js';
import { startService } from './service.js';

/** The guest that answers its input with itself; one instance, which is made anew after each request. */
const ECHO: TestFunction = { guest: 'misbehave', manifest: { instances: 1, limits: { timeout: '1500ms' } } };
/** The one that answers its input in upper case. */
const PLAIN: TestFunction = { guest: 'plain', manifest: { instances: 1 } };

interface Version {
  readonly served: string | null;
  readonly tried: string;
}

/** A service of one function, and what tells it to read its functions again. */
async function open(t: TestContext) {
  const folders = await functionFolders(t, { first: ECHO });
  const service = await startService(t, 'function-service', folders.env);
  const versions = async (): Promise<Record<string, Version>> =>
    JSON.parse(await fetch(`${service.url}/healthz`).then((response) => response.text())).versions;
  const ask = (name: string, body: string | Buffer = 'x') =>
    post(`${service.url}/functions/${name}`, Buffer.from(body));
  /** Sends the signal, and waits until the service knows of it. */
  const reload = async (isDone: (versions: Record<string, Version>) => boolean) => {
    service.process.kill('SIGUSR2');
    await pWaitFor(async () => isDone(await versions()), { interval: 10, timeout: 10_000 });
  };
  return { folders, service, versions, ask, reload };
}

test('a function that comes is served, and one that goes is not, without a new start', async (t) => {
  const { folders, service, ask, reload } = await open(t);
  await folders.add('second', PLAIN);
  assert.equal((await ask('second')).status, 404);
  await reload(({ second }) => second?.served != null);
  assert.deepEqual([(await ask('second')).status, (await ask('first')).status], [200, 200]);
  await folders.remove('second');
  service.process.kill('SIGUSR2');
  await pWaitFor(async () => (await ask('second')).status === 404, { interval: 10, timeout: 5000 });
  assert.equal((await ask('first')).status, 200);
});

test('a request in work is answered by the version that it began with, and later ones by the new one', async (t) => {
  const { folders, service, versions, ask, reload } = await open(t);
  const before = (await versions()).first?.served;
  // Until its deadline: closed with its version, it would be told otherwise.
  const spinning = ask('first', order('spin', Buffer.from('x')));
  const metrics = () => fetch(`${service.url}/metrics`).then((response) => response.text());
  await pWaitFor(async () => /^function_running\{function="first"\} 1$/m.test(await metrics()), {
    interval: 5,
    timeout: 5000,
  });
  await folders.add('first', PLAIN);
  await reload(({ first }) => first?.served !== before);
  assert.equal(`${(await ask('first')).body}`, 'X');
  assert.equal((await spinning).status, 504);
});

test('a version that cannot be served leaves the one before in its place', async (t) => {
  const { folders, service, versions, ask, reload } = await open(t);
  const before = (await versions()).first?.served;
  await writeFile(join(folders.env.BUILT_DIR, 'first/first.json'), '{}');
  await reload(({ first }) => first?.tried !== before);
  assert.equal((await versions()).first?.served, before);
  assert.deepEqual((await ask('first')).body, Buffer.from('x'));
  assert.match(service.output(), /"level":50[^\n]*"function":"first"[^\n]*served as it was/);
  await folders.addManifest('first', 'build: perl\n');
  service.process.kill('SIGUSR2');
  await pWaitFor(() => /build is \\"perl\\"/.test(service.output()), { interval: 10, timeout: 5000 });
  assert.equal((await ask('first')).status, 200);
});
