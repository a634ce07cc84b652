import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { root } from './paths.js';

const moduleUrl = (name: string) => JSON.stringify(pathToFileURL(path.join(root, 'scripts', name)).href);

async function folderFor(t: TestContext): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'bootstrap-test-')));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test('devDependencies are installed whatever NODE_ENV and npm’s settings say', async (t) => {
  const folder = await folderFor(t);
  const compiler = path.join(folder, 'compiler');
  await mkdir(compiler);
  const manifest = { name: 'app', version: '1.0.0', devDependencies: { compiler: 'file:compiler' } };
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(manifest));
  await writeFile(path.join(compiler, 'package.json'), '{"name":"compiler","version":"1.0.0"}');
  const options = { cwd: folder, env: { NODE_ENV: 'production', npm_config_omit: 'dev,optional' } };
  await execa('npm', ['install', '--package-lock-only'], options);
  const install = `
    import { spawnSync } from 'node:child_process';
    import { npmCi } from ${moduleUrl('npm-ci.mjs')};
    process.exit(spawnSync('npm', npmCi, { stdio: 'inherit' }).status);
  `;
  await execa(process.execPath, ['--input-type=module', '--eval', install], options);
  assert.ok((await readdir(path.join(folder, 'node_modules'))).includes('compiler'));
});

/** The caches that are chosen for a user with this home. */
async function cachesFor(folder: string, env: Record<string, string>): Promise<Record<string, string>> {
  const script = `
    import { moveCachesTo } from ${moduleUrl('caches.mjs')};
    moveCachesTo(${JSON.stringify(folder)});
    process.stdout.write(JSON.stringify(process.env));
  `;
  const args = ['--input-type=module', '--eval', script];
  const { stdout } = await execa(process.execPath, args, { env, extendEnv: false });
  return JSON.parse(stdout);
}

test('where the home folder cannot be written, the caches of npm, Go, Cargo and pip are elsewhere', async (t) => {
  const folder = await folderFor(t);
  const cargo = path.join(folder, 'own-cargo');
  await mkdir(cargo);
  await writeFile(path.join(cargo, 'config.toml'), '[net]\nretry = 5\n');
  const env = { HOME: path.join(folder, 'no-such-home'), GOCACHE: '/var/cache/go', CARGO_HOME: cargo };
  assert.deepEqual(await cachesFor(path.join(folder, 'caches'), env), {
    ...env,
    npm_config_cache: path.join(folder, 'caches/npm'),
    GOPATH: path.join(folder, 'caches/go'),
    PIP_CACHE_DIR: path.join(folder, 'caches/pip'),
  });
});

test('Cargo’s own configuration counts though its cache is elsewhere', async (t) => {
  const folder = await folderFor(t);
  const home = path.join(folder, 'home');
  await mkdir(path.join(home, '.cargo'), { recursive: true });
  await writeFile(path.join(home, '.cargo/config.toml'), '[net]\nretry = 5\n');
  const readOnly = ['unshare', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), '--mount'];
  const mount = `mount --bind '${home}' '${home}' && mount -o remount,bind,ro '${home}' && exec "$@"`;
  const script = `import { moveCachesTo } from ${moduleUrl('caches.mjs')}; moveCachesTo(${JSON.stringify(path.join(folder, 'caches'))}); process.stdout.write(process.env.CARGO_HOME);`;
  const [command = '', ...args] = [
    ...readOnly,
    'sh',
    '-c',
    mount,
    'sh',
    process.execPath,
    '--input-type=module',
    '--eval',
    script,
  ];
  const { stdout } = await execa(command, args, {
    env: { HOME: home, PATH: process.env.PATH },
    extendEnv: false,
  });
  assert.equal(stdout, path.join(folder, 'caches/cargo'));
  assert.equal(await readFile(path.join(stdout, 'config.toml'), 'utf8'), '[net]\nretry = 5\n');
});

test('npm’s own word for its cache in the home folder does not keep it there', async (t) => {
  const folder = await folderFor(t);
  const home = path.join(folder, 'no-such-home');
  const caches = await cachesFor(path.join(folder, 'caches'), {
    HOME: home,
    npm_config_cache: `${home}/.npm`,
  });
  assert.equal(caches.npm_config_cache, path.join(folder, 'caches/npm'));
});

test('where it can be written, they stay where they are', async (t) => {
  const env = { HOME: await folderFor(t) };
  assert.deepEqual(await cachesFor(path.join(env.HOME, 'caches'), env), env);
  assert.deepEqual(await readdir(env.HOME), []);
});

test('what npm start compiles are no tests', async () => {
  const { workspaces } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  for (const workspace of workspaces.filter((name: string) => name !== 'test')) {
    const { stdout } = await execa('tsc', ['--listFilesOnly', '-p', path.join(root, workspace)], {
      preferLocal: true,
      localDir: root,
    });
    assert.match(stdout, new RegExp(`/${workspace}/src/`));
    assert.doesNotMatch(stdout, /\.test\.ts|\/fixtures\//);
  }
});

test('a command whose reader goes away ends without a word, as of SIGPIPE', async () => {
  const script = `{ "$1" scripts/bootstrap.mjs list; echo "status $?" >&2; } | true`;
  const { stderr } = await execa('sh', ['-c', script, 'list', process.execPath], { cwd: root });
  assert.equal(stderr, 'status 141');
});
