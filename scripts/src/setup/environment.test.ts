import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { run } from './command.js';
import { toolEnvironment } from './environment.js';

const KEPT = {
  PATH: '/usr/bin',
  HOME: '/home/me',
  https_proxy: 'http://proxy:3128',
  NO_PROXY: 'localhost',
  SSL_CERT_FILE: '/etc/company.pem',
  CARGO_HOME: '/opt/cargo',
  CARGO_REGISTRIES_COMPANY_INDEX: 'sparse+https://crates.example/',
  CARGO_HTTP_CAINFO: '/etc/company.pem',
  RUSTUP_HOME: '/opt/rustup',
  GOPROXY: 'https://go.example',
  GOMODCACHE: '/opt/go/mod',
  PIP_INDEX_URL: 'https://pypi.example/simple',
  npm_config_registry: 'https://npm.example/',
  XDG_CACHE_HOME: '/var/cache/me',
};

const LEFT_OUT = {
  RUSTFLAGS: '-D warnings -C link-arg=-fuse-ld=mold',
  CARGO_ENCODED_RUSTFLAGS: '-Ctarget-cpu=native',
  CARGO_BUILD_TARGET: 'x86_64-unknown-linux-musl',
  CARGO_TARGET_DIR: '/tmp/target',
  CARGO_PROFILE_RELEASE_LTO: 'off',
  RUSTC_WRAPPER: 'sccache',
  GOARCH: 'arm',
  GOEXPERIMENT: 'none',
  CC: 'tcc',
  CFLAGS: '-Werror',
  PYTHONPATH: '/opt/python',
  PIP_TARGET: '/opt/target',
  NODE_ENV: 'production',
  NODE_OPTIONS: '--inspect',
  npm_config_omit: 'dev',
  APT_CONFIG: '/etc/other',
};

test('programs get what tells where things are and how registries are reached, and nothing that changes what they build', () => {
  const environment = toolEnvironment({
    ...KEPT,
    ...LEFT_OUT,
    GOFLAGS: '-mod=vendor',
    GOWORK: '/home/me/go.work',
    LC_ALL: 'de_DE',
  });
  const {
    LC_ALL,
    PIP_REQUIRE_VIRTUALENV,
    CGO_ENABLED,
    GOTOOLCHAIN,
    GOWORK,
    GOFLAGS,
    GOOS,
    GOARCH,
    ...passed
  } = environment;
  assert.deepEqual(passed, KEPT);
  assert.deepEqual([LC_ALL, PIP_REQUIRE_VIRTUALENV, CGO_ENABLED], ['C.UTF-8', '0', '0']);
  assert.deepEqual([GOTOOLCHAIN, GOWORK, GOFLAGS], ['local', 'off', '-mod=readonly -modcacherw']);
  assert.ok(GOOS === process.platform && GOARCH !== 'arm');
});

test('that is the environment of every command of set-up', async (t) => {
  process.env.RUSTFLAGS = '-D warnings';
  t.after(() => delete process.env.RUSTFLAGS);
  const script = 'process.stdout.write(JSON.stringify(process.env))';
  const seen = await run(process.execPath, ['-e', script], { env: { GOGC: '400' } });
  assert.deepEqual(JSON.parse(seen), { ...toolEnvironment(), GOGC: '400' });
});

test('Go sees no workspace of a folder above, and no flags of the user', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'environment-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const module = path.join(folder, 'module');
  await mkdir(module);
  await writeFile(path.join(folder, 'go.work'), 'go 1.20\n\nuse ./other\n');
  await writeFile(path.join(module, 'go.mod'), 'module example.org/module\n\ngo 1.20\n');
  await writeFile(path.join(module, 'main.go'), 'package main\n\nfunc main() {}\n');
  process.env.GOFLAGS = '-mod=vendor';
  t.after(() => delete process.env.GOFLAGS);
  assert.equal(await run('go', ['list', './...'], { cwd: module }), 'example.org/module');
});
