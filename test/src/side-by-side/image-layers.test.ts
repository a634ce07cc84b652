import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { parts } from '../built-parts.js';
import { fixture, post } from '../hello.js';
import { startService } from '../service.js';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** An image takes the WasmEdge that set-up has brought from Debian. */
const options = {
  skip: existsSync(path.join(parts.wasmedge, '../../without-llvm'))
    ? false
    : 'this WasmEdge was not set up from Debian',
};

const folder = await mkdtemp(path.join(tmpdir(), 'image-layers-'));
after(() => rm(folder, { recursive: true }));
/** What an image is made of, one layer over the other. */
const image = path.join(folder, 'image');

before(async () => {
  if (options.skip) return;
  const layers = path.join(folder, 'layers');
  await execute(process.execPath, [path.join(root, 'scripts/dist/image/layers/main.js'), layers]);
  await mkdir(image);
  for (const layer of await readdir(layers)) await execute('cp', ['-al', `${layers}/${layer}/.`, image]);
});

async function all(): Promise<string[]> {
  return (await readdir(image, { recursive: true })).sort();
}

test('nothing in it compiles, tests or sets up, and no source is in it', options, async () => {
  const files = await all();
  const unwanted = files.filter((file) =>
    /\.([cm]?ts|rs|c|go|map|test\.js)$|\/(Cargo\.toml|typescript|@biomejs|npm|npx|gcc|cc|cases)$/.test(file),
  );
  assert.deepEqual(unwanted, []);
  const workspaces = files.filter((file) => /^app\/[^/]+\/package\.json$/.test(file));
  assert.ok(workspaces.length > 5);
  for (const name of ['scripts', 'bench', 'test', 'templates'])
    assert.ok(!files.includes(`app/${name}`), name);
  assert.deepEqual(
    files.filter((file) => /^(usr\/local\/)?bin\//.test(file)),
    ['bin/sh', 'usr/local/bin/node'],
  );
});

test('LLVM is not in it, but what stands in for it', options, async () => {
  const llvm = (await all()).filter((file) => /libLLVM|libz3/.test(file));
  assert.equal(llvm.length, 1);
  assert.ok((await stat(path.join(image, llvm[0] ?? ''))).size < 1024 ** 2);
});

test('nobody but root may change anything, and everybody may read it', options, async () => {
  for (const file of await all()) {
    const { mode } = await stat(path.join(image, file));
    assert.equal(mode & 0o022, 0, file);
    assert.equal(mode & 0o004, 0o004, file);
  }
});

test('whatever its native code is linked with is in it', options, async () => {
  const native = (await all()).filter((file) =>
    /^(bin\/sh|usr\/local\/bin\/node|app\/node_modules\/.*\.node)$/.test(file),
  );
  assert.ok(native.length >= 3, String(native));
  for (const file of native) {
    const { stdout } = await execute('ldd', [path.join(image, file)]);
    for (const [, library = ''] of stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm))
      await stat(library.startsWith(image) ? library : path.join(image, library));
  }
});

test('links lead to what is in it', options, async () => {
  const entries = await readdir(image, { recursive: true, withFileTypes: true });
  const links = entries.filter((entry) => entry.isSymbolicLink());
  assert.ok(links.length > 5);
  for (const { parentPath, name } of links) {
    const target = path.resolve(parentPath, await readlink(path.join(parentPath, name)));
    assert.ok(target.startsWith(image), target);
    await stat(target);
  }
});

test('it has all that its services need', options, async (t) => {
  const app = path.relative(root, path.join(image, 'app'));
  const grayscale = await startService(t, `${app}/image-api-grayscale`);
  const grey = await post(`${grayscale.url}/api/image`, await fixture('coffee.png'));
  assert.deepEqual([grey.status, grey.type], [200, 'image/png']);
  assert.equal((await sharp(grey.body).metadata()).channels, 1);
  assert.match(grayscale.output(), /"wasmedge":"[^"]*\/image\/app\/\.runtime\/wasmedge\/bin\/wasmedge"/);
  assert.match(grayscale.output(), /imports checked, seccomp \(2 filters\)/);

  const classify = await startService(t, `${app}/image-api-classify`);
  const classified = await post(`${classify.url}/api/image`, await fixture('coffee.png'));
  assert.equal(classified.status, 200);
  assert.match(classified.body.toString(), /espresso/);

  // As the image's own command does.
  const script = path.join(image, 'app/apps/web-port');
  const web = await startService(t, app, {}, ['sh', script]);
  assert.equal((await fetch(`${web.url}/static/`)).status, 200);
  const health = [path.join(image, 'app/deploy/health.js')];
  await execute(process.execPath, health, { env: { PORT: new URL(web.url).port } });
  await assert.rejects(execute(process.execPath, health, { env: { PORT: '1' } }), { code: 1 });
});
