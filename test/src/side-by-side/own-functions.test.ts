import assert from 'node:assert/strict';
import { copyFile, cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import pWaitFor from 'p-wait-for';
import { parts } from '../built-parts.js';
import { folders } from '../mounts.js';
import { killGroup, workshop } from '../workshop.js';

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  }
}

/** A Rust function with this program, and without a dependency. */
const rust = (name: string, program: string) => ({
  'function.yaml': 'build: rust\n',
  'Cargo.toml': `[package]\nname = "${name}"\nversion = "1.0.0"\nedition = "2024"\n[workspace]\n`,
  'Cargo.lock': `version = 4\n\n[[package]]\nname = "${name}"\nversion = "1.0.0"\n`,
  'src/main.rs': program,
});

const SHOUT = `fn main() {
    let text = std::io::read_to_string(std::io::stdin()).unwrap();
    print!("{}", text.to_uppercase());
}
`;

test('functions that cannot be built are named with the reason, and the others are built and run', async (t) => {
  const { functions, built, run, setup } = await workshop(t);
  await write(path.join(functions, 'shout'), rust('shout', SHOUT));
  await write(path.join(functions, 'broken'), rust('broken', 'fn main() { no_such_function() }\n'));
  await write(path.join(functions, 'typo'), { 'function.yaml': 'build: rust\ntitel: Typo\n' });
  await write(path.join(functions, 'socket'), { 'function.yaml': 'build: {wasm: f.wasm}\n' });
  await copyFile(parts.guest('escape', 'wasm'), path.join(functions, 'socket/f.wasm'));

  const { exitCode, all } = await setup();
  assert.equal(exitCode, 1, all);
  assert.match(all, /^function broken: Command failed.*cannot find function `no_such_function`/ms);
  assert.match(all, /typo\/function\.yaml:2: titel is not a key there/);
  assert.match(all, /^function socket: socket\.wasm imports what a function may not have: /m);
  assert.match(all, /^3 functions are not built; everything else is set up\.$/m);
  assert.deepEqual(await readdir(built), ['shout']);

  const { stdout } = await execa(parts.wasmedge, [path.join(built, 'shout/shout.so')], { input: 'hello' });
  assert.equal(stdout, 'HELLO');

  const doctor = await run('doctor');
  assert.equal(doctor.exitCode, 1);
  assert.match(
    doctor.all,
    /^function shout +filter, app functions, compiled for .*, imports checked, seccomp \(2 filters\), no new/m,
  );
  for (const name of ['broken', 'socket'])
    assert.match(doctor.all, new RegExp(`^function ${name} +not built, or from something else: run `, 'm'));
  assert.match(doctor.all, /^function typo .*typo\/function\.yaml:2: titel is not a key there/m);
});

test('a Rust function is built anew when its sources or what it depends on have changed, and only then', async (t) => {
  const { functions, built, setup } = await workshop(t);
  const says = (word: string) => ({ 'src/lib.rs': `pub const WORD: &str = "${word}";\n` });
  const kit = path.join(functions, '../kit/words');
  await write(kit, {
    'Cargo.toml': '[package]\nname = "words"\nversion = "1.0.0"\nedition = "2024"\n',
    ...says('one'),
  });
  await write(path.join(functions, 'word'), rust('word', 'fn main() { print!("{}", words::WORD) }\n'));
  await write(path.join(functions, 'word'), {
    'Cargo.toml':
      '[package]\nname = "word"\nversion = "1.0.0"\nedition = "2024"\n[dependencies]\nwords = { path = "../../kit/words" }\n[workspace]\n',
    'Cargo.lock':
      'version = 4\n\n[[package]]\nname = "word"\nversion = "1.0.0"\ndependencies = [\n "words",\n]\n\n[[package]]\nname = "words"\nversion = "1.0.0"\n',
  });
  const said = async () => (await execa(parts.wasmedge, [path.join(built, 'word/word.so')])).stdout;

  assert.match((await setup()).all, /^function word: done \(rust\)/m);
  assert.equal(await said(), 'one');
  assert.doesNotMatch((await setup()).all, /Setting up/);
  await write(kit, says('two'));
  assert.match((await setup()).all, /^function word: done \(rust\)/m);
  assert.equal(await said(), 'two');
});

test('set-up that is killed while a function is built leaves the old one, and goes on the next time', async (t) => {
  const { functions, built, setup } = await workshop(t);
  const own = path.join(functions, 'slow');
  const yaml = (run: string) => ({ 'function.yaml': `build: {run: [sh, -c, '${run}'], wasm: f.wasm}\n` });
  await mkdir(own, { recursive: true });
  await copyFile(parts.guest('plain', 'wasm'), path.join(own, 'source.bin'));
  await write(own, yaml('cp source.bin f.wasm'));
  assert.equal((await setup()).exitCode, 0);
  const record = () => readFile(path.join(built, 'slow/slow.json'), 'utf8');
  const before = await record();

  await write(own, yaml('cp source.bin f.wasm; sleep 60'));
  const killed = setup();
  const isBuilding = async () => (await readdir(built)).some((name) => name.startsWith('slow.making.'));
  await pWaitFor(isBuilding, { interval: 20, timeout: 30_000 });
  killGroup(killed.pid);
  await killed;
  assert.equal(await record(), before);

  await write(own, yaml('cp source.bin f.wasm; true'));
  assert.equal((await setup()).exitCode, 0);
  assert.notEqual(await record(), before);
  assert.deepEqual(await readdir(built), ['slow']);
});

test('npm start says which function cannot be built, and starts with the others', async (t) => {
  const { folder, functions, built, run } = await workshop(t);
  // The repository's own, which are built.
  for (const name of ['grayscale', 'classify'])
    await cp(path.join(folders.repository, 'functions', name), path.join(functions, name), {
      recursive: true,
    });
  await symlink(path.join(folders.repository, 'function-kit'), path.join(folder, 'function-kit'));
  await cp(path.join(folders.runtime, 'functions'), built, { recursive: true });
  await write(path.join(functions, 'broken'), { 'function.yaml': "build: {run: ['false'], wasm: f.wasm}\n" });

  const start = run('start', '--free-ports');
  let said = '';
  start.all.on('data', (chunk) => {
    said += chunk;
  });
  await pWaitFor(() => /Ready in/.test(said) || start.exitCode !== null, { interval: 50, timeout: 60_000 });
  assert.match(said, /^Setting up function broken: /m);
  assert.match(said, /^function broken: Command failed with exit code 1: false/m);
  assert.match(said, /^One function is not built; everything else is set up\.$/m);
  const [, url] = /Ready in .*: (http:\S+)/.exec(said) ?? [];
  assert.ok(url, said);
  const image = await readFile(parts.picture('coffee.png'));
  const answer = await fetch(`${url}api/hello`, {
    method: 'POST',
    headers: { api: 'grayscale' },
    body: image,
  });
  assert.equal(answer.status, 200);
  await answer.arrayBuffer();
  start.kill('SIGTERM');
  await start;
});
