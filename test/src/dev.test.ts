import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { parts } from './built-parts.js';
import { launchChromium } from './chromium.js';
import { post } from './hello.js';
import { folders, mounted, mounts } from './mounts.js';
import { familyOf, runs } from './processes.js';
import { killGroup, workshop } from './workshop.js';

/** Longest that anything may take here, on a machine that is busy. */
const patient = { interval: 20, timeout: 60_000 };

/** `npm run dev` of web-port and the shared app, with one function, `one`: a module that answers in upper case. */
async function develop(t: TestContext) {
  const shop = await workshop(t);
  const file = join(shop.folder, 'dapr.yaml');
  const components = join(folders.repository, 'components');
  const app = (appID: string, appPort: number, folder: string) => ({
    appID,
    appPort,
    appDirPath: join(folders.repository, folder),
    command: [process.execPath, 'dist/server.js'],
  });
  const common = {
    resourcesPaths: [components],
    configFilePath: join(components, 'config.yaml'),
    logLevel: 'error',
    enableAppHealthCheck: true,
    appHealthCheckPath: '/healthz',
    appHealthProbeInterval: 1,
  };
  const writeApps = (...apps: object[]) => writeFile(file, JSON.stringify({ version: 1, common, apps }));
  const web = app('web-port', 8080, 'web-port');
  const shared = app('functions', 9005, 'function-service');

  /** Writes a function whose module is a guest's; its folder comes at once, as that of `npm run new` does. */
  const write = async (name: string, guest: string) => {
    const aside = join(shop.folder, `aside-${name}`);
    await mkdir(join(aside, 'cases'), { recursive: true });
    await cp(parts.guest(guest, 'wasm'), join(aside, 'f.wasm'));
    await writeFile(join(aside, 'function.yaml'), 'build: {wasm: f.wasm}\n');
    await writeFile(join(aside, 'cases/a.in'), 'abc');
    await writeFile(join(aside, 'cases/a.out'), 'ABC');
    await rename(aside, join(shop.functions, name));
  };
  /** Puts another module in the place of a function's, as an editor or compiler does. */
  const save = async (name: string, guest: string) => {
    const module = join(shop.functions, name, 'f.wasm');
    await cp(parts.guest(guest, 'wasm'), `${module}.tmp`);
    await rename(`${module}.tmp`, module);
  };
  const begin = async (inside: readonly string[] = []) => {
    const child = shop.runInside(inside, 'dev', '--free-ports', '--file', file);
    let written = '';
    child.all.on('data', (chunk) => (written += chunk));
    const said = async (pattern: RegExp) => {
      await pWaitFor(() => pattern.test(written), patient).catch((cause: unknown) => {
        throw new Error(`${pattern} was not said:\n${written}`, { cause });
      });
      return pattern.exec(written)?.[1] ?? '';
    };
    const url = await said(/^ {2}web-port: (http:\S+),/m);
    await said(/watching functions/);
    const ask = (name: string, body = 'abc') => post(`${url}/api/hello`, Buffer.from(body), { api: name });
    const answer = async (name: string) => String((await ask(name)).body);
    const stop = async () => {
      const [, ...started] = familyOf(child.pid ?? 0);
      process.kill(child.pid ?? 0, 'SIGINT');
      assert.equal((await child).exitCode, 0, written);
      assert.deepEqual(started.filter(runs), [], 'processes are left');
    };
    t.after(() => killGroup(child.pid));
    return { url, pid: child.pid ?? 0, ask, answer, said, output: () => written, stop };
  };
  return { ...shop, file, web, shared, writeApps, write, save, begin };
}

/** Asks again and again until `isDone`; whatever is not 200 is a failure. */
async function askAllTheWhile(ask: () => Promise<{ status: number; body: Buffer }>, isDone: () => boolean) {
  let answers = 0;
  while (!isDone()) {
    const { status, body } = await ask();
    assert.equal(status, 200, `${body}`);
    answers += 1;
  }
  return answers;
}

test('what is saved is served: a module, a manifest, a new folder, one that goes, and no request fails', async (t) => {
  const { functions, built, web, shared, writeApps, write, save, begin } = await develop(t);
  await writeApps(web, shared);
  await write('one', 'plain');
  const { ask, answer, said, output, stop } = await begin();
  assert.equal(await answer('one'), 'ABC');

  let isDone = false;
  const asking = askAllTheWhile(
    () => ask('one'),
    () => isDone,
  );
  await save('one', 'filter');
  await said(/one: served after \d+\.\d s \(built in \d+\.\d s, lightly optimised\)/);
  assert.equal(await answer('one'), 'abc');
  await said(/one: case a fails: the result of 3 bytes is another one/);
  await said(/one: fully optimised code serves after/);
  assert.equal((await ask('one')).headers.get('x-function-code'), null);

  const manifest = join(functions, 'one/function.yaml');
  await writeFile(manifest, 'build: {wasm: f.wasm}\nreturns: text/css\n');
  await pWaitFor(async () => (await ask('one')).type === 'text/css', patient);
  await writeFile(manifest, 'build: {wasm: f.wasm\n');
  await said(/one: what is new is not served:\n.*function\.yaml:\d+:/);
  assert.equal((await ask('one')).type, 'text/css');
  await writeFile(manifest, 'build: {wasm: f.wasm}\n');
  await save('one', 'escape');
  await said(/one: what is new is not served:\n.*imports what a function may not have/);
  assert.equal(await answer('one'), 'abc');
  await save('one', 'plain');
  await pWaitFor(async () => (await answer('one')) === 'ABC', patient);

  await write('two', 'plain');
  await said(/two: served after/);
  // web-port reads the folders once a second.
  await pWaitFor(async () => (await answer('two')) === 'ABC', patient);
  await rename(join(functions, 'two'), join(functions, 'three'));
  await said(/two: gone/);
  await said(/three: served after/);
  assert.doesNotMatch(output(), /three\.so is not a function that set-up has compiled/);
  await pWaitFor(async () => (await answer('three')) === 'ABC', patient);
  assert.equal((await ask('two')).status, 400);
  await rm(join(functions, 'three'), { recursive: true });
  await said(/three: gone/);

  isDone = true;
  assert.ok((await asking) > 0, output());
  await save('one', 'filter');
  await pWaitFor(async () => (await readdir(built)).some((name) => name.includes('.making.')), {
    interval: 1,
    timeout: 20_000,
  });
  await stop();
  assert.deepEqual(await readdir(built), ['one', 'three', 'two']);
});

test('a function with the program of another follows it', async (t) => {
  const { functions, web, shared, writeApps, write, save, begin } = await develop(t);
  await writeApps(web, shared);
  await write('one', 'plain');
  const { answer, said, output, stop } = await begin();
  await mkdir(join(functions, 'two'));
  await writeFile(join(functions, 'two/function.yaml'), 'build: {function: one}\n');
  await said(/two: served after \d+\.\d s \(built in \d+\.\d s\)/);
  await pWaitFor(async () => (await answer('two')) === 'ABC', patient);
  await save('one', 'filter');
  await said(/two: served after \d+\.\d s \(built in \d+\.\d s, lightly optimised\)/);
  assert.equal(await answer('two'), 'abc');
  await said(/one: fully optimised code serves after.*two: served after \d+\.\d s \(built in \d+\.\d s\)/s);
  assert.equal(await answer('two'), 'abc');
  assert.doesNotMatch(output(), /what is new is not served/);
  await stop();
});

test('while the disk is full the function of before serves on, and what is saved when there is room again is served', async (t) => {
  const { built, web, shared, writeApps, write, save, begin } = await develop(t);
  await writeApps(web, shared);
  await write('one', 'plain');
  await mkdir(built);
  const { pid, answer, said, stop } = await begin(mounted(mounts.small(built, 4)));
  // Only dev, and what it started, see that file system under this name.
  const disk = `/proc/${pid}/root${built}`;
  await assert.rejects(writeFile(join(disk, 'filling'), Buffer.alloc(8 * 1024 ** 2)), { code: 'ENOSPC' });
  await save('one', 'filter');
  await said(
    /one: what is new is not served:\n.*ENOSPC.*\n.*The disk is full: make room, and save it again\.$/m,
  );
  assert.equal(await answer('one'), 'ABC');
  await rm(join(disk, 'filling'));
  await save('one', 'filter');
  await said(/ one: served after/);
  assert.equal(await answer('one'), 'abc');
  await stop();
});

test('a service whose code changes is replaced while it is asked, and one that does not compile stays', async (t) => {
  const { web, shared, writeApps, write, begin } = await develop(t);
  await writeApps(web);
  const { ask, said, output, stop } = await begin();
  await write('one', 'plain');
  await writeApps(web, shared);
  await said(/one: served after/);
  await pWaitFor(async () => (await ask('one')).status === 200, patient);
  let isDone = false;
  const asking = askAllTheWhile(
    () => ask('one'),
    () => isDone,
  );
  // Its sources, and what is compiled from them, are as before, but newer.
  const touch = (file: string) => utimes(join(folders.repository, file), new Date(), new Date());
  await touch('web-port/dist/server.js');
  await touch('web-port/src/server.ts');
  await said(/web-port: its new code serves after/);
  assert.doesNotMatch(output(), /functions: its new code/);
  const wrong = join(folders.repository, `function-service/src/wrong-${process.pid}.ts`);
  t.after(() => rm(wrong, { force: true }));
  await writeFile(wrong, 'export const wrong: number = "text";\n');
  await said(/the TypeScript does not compile, what runs goes on:\n.*wrong-\d+\.ts\(1,14\): error TS2322/);
  isDone = true;
  assert.ok((await asking) > 0);
  await stop();
});

test('the page is loaded again when its files change, and shows what does not build until it does', async (t) => {
  const { functions, web, shared, writeApps, write, begin } = await develop(t);
  await writeApps(web, shared);
  await write('one', 'plain');
  const { url, said, stop } = await begin();
  const browser = await launchChromium();
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(url);
  const problems = page.locator('.dev-problems');
  await problems.waitFor({ state: 'attached' });
  const manifest = join(functions, 'one/function.yaml');
  await writeFile(manifest, 'build: perl\n');
  await problems.getByText(/function\.yaml:1: build is "perl"/).waitFor();
  await writeFile(manifest, 'build: {wasm: f.wasm}\n');
  await problems.waitFor({ state: 'hidden' });
  const loaded = page.waitForEvent('load');
  const index = join(folders.repository, 'static/public/index.html');
  await utimes(index, new Date(), new Date());
  await said(/the page is loaded again/);
  await loaded;
  await stop();
});

test('without npm run dev, nothing of it is in the page', async () => {
  const html = await readFile(join(folders.repository, 'static/public/index.html'), 'utf8');
  assert.doesNotMatch(html, /dev\.js/);
});
