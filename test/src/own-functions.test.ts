import assert from 'node:assert/strict';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { execa } from 'execa';
import pWaitFor from 'p-wait-for';
import { parts } from './built-parts.js';
import { folders } from './mounts.js';

/** Folders of functions, and of what is built of them, for one test. */
async function workshop(t: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'own-functions-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const functions = path.join(folder, 'functions');
  const built = path.join(folder, 'built');
  await cp(path.join(folders.repository, 'functions/.cargo'), path.join(functions, '.cargo'), {
    recursive: true,
  });
  const setup = () => spawnSetup(t, { FUNCTIONS_DIR: functions, BUILT_DIR: built });
  return { functions, built, setup };
}

/** `npm run setup`, all but the packages and the compiler, which are there. */
function spawnSetup(t: TestContext, env: Record<string, string>) {
  const main = path.join(folders.repository, 'scripts/dist/main.js');
  const script = `import { main } from ${JSON.stringify(main)}; await main(['setup'], () => {});`;
  const child = execa(process.execPath, ['--input-type=module', '--eval', script], {
    env,
    all: true,
    reject: false,
    timeout: 120_000,
    detached: true,
  });
  t.after(() => killGroup(child.pid));
  return child;
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended, with all that it started.
  }
}

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
  const { functions, built, setup } = await workshop(t);
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
