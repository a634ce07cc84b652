import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { readFunctions } from '@app/function-manifest';
import { root } from '../paths.js';
import { rust } from './builders/rust.js';
import { cratesOf } from './builders/rust-crates.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crates-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function crate(name: string, manifest: string): Promise<string> {
  const place = path.join(folder, name);
  await mkdir(place, { recursive: true });
  await writeFile(path.join(place, 'Cargo.toml'), manifest);
  return place;
}

test('a crate is compiled from all that it depends on by a path, and from that of others', async () => {
  const top = await crate(
    'f',
    `[package]
name = "f"
[[bin]]
name = "f"
path = "src/main.rs"
[dependencies]
a = { path = "../kit/a" }
serde = "1"
b.path = "../b"
[build-dependencies]
c = { version = "1", path = "../c" }
[dev-dependencies]
tests = { path = "../only-tests" }
[target.'cfg(target_os = "wasi")'.dependencies]
d = { path = "../d" }
[patch.crates-io]
e = { path = "../e" }
[workspace]
`,
  );
  const a = await crate('kit/a', '[dependencies]\nshared.workspace = true\n');
  await crate(
    'kit',
    '[workspace]\nmembers = ["a"]\n[workspace.dependencies]\nshared = { path = "shared" }\n',
  );
  const others = [
    await crate('kit/shared', '[dependencies]\na = { path = "../a" }\n'),
    ...(await Promise.all(['b', 'c', 'd', 'e'].map((name) => crate(name, '[package]\n')))),
  ];
  assert.deepEqual(await cratesOf(top), {
    crates: [top, a, ...others].sort(),
    workspaces: [path.join(folder, 'kit/Cargo.toml')],
  });
});

for (const [what, manifest, file, said] of [
  ['is no TOML', '[dependencies', 'f/Cargo.toml', /Invalid TOML/],
  ['names a crate that is not there', '[dependencies]\na.path = "../a"\n', 'a/Cargo.toml', /ENOENT/],
] as const)
  test(`a Cargo.toml that ${what} is said by its name`, async () => {
    const top = await crate('f', manifest);
    await assert.rejects(cratesOf(top), (error: Error) => {
      assert.ok(error.message.startsWith(`${path.join(folder, file)} cannot be read: `), error.message);
      assert.match(error.message, said);
      return true;
    });
  });

test("what decides on our own functions: their files, their kit's, and Cargo's settings", async () => {
  const { functions } = await readFunctions(path.join(root, 'functions'));
  const grayscale = functions.find(({ name }) => name === 'grayscale');
  assert.ok(grayscale);
  const files = (await rust.sources(grayscale)).map((file) => path.relative(root, file));
  for (const file of [
    'functions/grayscale/Cargo.lock',
    'functions/grayscale/src/main.rs',
    'functions/.cargo/config.toml',
    'function-kit/Cargo.toml',
    'function-kit/picture/src/lib.rs',
    'function-kit/rust/Cargo.toml',
  ])
    assert.ok(files.includes(file), `${file} is not among ${files.join(', ')}`);
  const strange = files.filter((file) => /function\.yaml|\/cases\/|\/target\/|classify/.test(file));
  assert.deepEqual(strange, []);
});

test('a Rust function without a lock file is refused, with the command that writes it', async () => {
  const top = await crate('f', '[package]\nname = "f"\n');
  const [own] = (await readFunctions(path.join(root, 'functions'))).functions;
  assert.ok(own);
  const work = {
    signal: AbortSignal.timeout(10_000),
    report: () => {},
    warn: () => {},
    optimisation: 'full',
  } as const;
  await assert.rejects(rust.build({ ...own, folder: top }, work), {
    code: 'ERR_SETUP',
    message: /f has no Cargo\.lock, .*`cargo generate-lockfile` there\.$/,
  });
});
