import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readlink, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { compilesForLevels, findRuntime } from '@app/wasmedge-node';
import { parts } from '../paths.js';
import { daprd, namedDaprd } from './daprd.js';
import type { Step } from './step.js';
import { wasmedge } from './wasmedge.js';

const CHANGED = ['HOME', 'PATH', 'WASMEDGE', 'DAPRD', 'DAPR_RUNTIME_PATH', 'INIT_CWD'];
const environment = CHANGED.map((name) => [name, process.env[name]] as const);
let folder: string;

/** A home and a PATH in which nothing is installed. */
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'installed-test-'));
  delete process.env.WASMEDGE;
  delete process.env.DAPR_RUNTIME_PATH;
  delete process.env.DAPRD;
  process.env.HOME = folder;
  process.env.PATH = '/usr/bin:/bin';
  await mkdir(path.join(folder, 'product'));
});
afterEach(async () => {
  for (const [name, value] of environment) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await rm(folder, { recursive: true });
});

/** An executable that runs this shell script. */
async function install(file: string, script: string): Promise<string> {
  const place = path.join(folder, file);
  await mkdir(path.dirname(place), { recursive: true });
  await writeFile(place, `#!/bin/sh\n${script}\n`);
  await chmod(place, 0o755);
  return place;
}

const make = (step: Step) =>
  step.make({
    product: path.join(folder, 'product'),
    previous: '',
    signal: new AbortController().signal,
    report: () => {},
    warn: () => {},
  });

test('an installed WasmEdge that is fit is used, with its header', async () => {
  process.env.WASMEDGE = await install('opt/bin/wasmedge', `exec ${parts.wasmedge} "$@"`);
  await symlink(parts.wasmedgeHeaders, path.join(folder, 'opt/include'));
  assert.deepEqual(await wasmedge.lacks(), []);
  assert.match(await make(wasmedge), /^WasmEdge \d+\.\d+\.\d+, installed at /);
  const used = path.join(folder, 'product/bin/wasmedge');
  assert.equal(await realpath(path.join(folder, 'product/include')), await realpath(parts.wasmedgeHeaders));
  assert.equal((await findRuntime(used)).version, (await findRuntime(parts.wasmedge)).version);
});

/** Debian's program itself, as an installation for all has it: nothing but the loader comes before it. */
const BARE = `libraries=$(echo ${path.resolve(parts.wasmedge, '../../root/usr/lib')}/*-linux-gnu)
export LD_LIBRARY_PATH="$libraries\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
exec "$libraries"/ld-linux* ${path.resolve(parts.wasmedge, '../../root/usr/bin/wasmedge')} "$@"`;

test('an installed WasmEdge that asks LLVM what to compile for is told', async () => {
  process.env.WASMEDGE = await install('opt/bin/wasmedge', BARE);
  await symlink(parts.wasmedgeHeaders, path.join(folder, 'opt/include'));
  assert.match(await make(wasmedge), /^WasmEdge [\d.]+, installed at \S+$/);
  assert.equal(await compilesForLevels(await findRuntime(path.join(folder, 'product/bin/wasmedge'))), true);
});

test('an installed WasmEdge that cannot be told compiles for its processor, which is said', async () => {
  process.env.WASMEDGE = await install('opt/bin/wasmedge', `unset LD_PRELOAD WASMEDGE_HOST_CPU\n${BARE}`);
  await symlink(parts.wasmedgeHeaders, path.join(folder, 'opt/include'));
  assert.match(
    await make(wasmedge),
    /^WasmEdge [\d.]+, installed at \S+; it compiles for this kind of processor alone$/,
  );
  assert.equal(existsSync(path.join(folder, 'product/host-cpu')), false);
});

test('a WasmEdge that WASMEDGE names is not passed over when it is unfit or missing', async () => {
  process.env.WASMEDGE = await install('old/wasmedge', 'echo wasmedge version 0.9.1');
  await assert.rejects(make(wasmedge), { code: 'ERR_SETUP', message: /WasmEdge 0\.9\.1/ });
  process.env.WASMEDGE = path.join(folder, 'none');
  await assert.rejects(wasmedge.inputs(), { code: 'ERR_SETUP', message: /none, but there is no such/ });
});

const debian = { skip: existsSync('/etc/debian_version') ? false : 'only on Debian' };

test('an unfit WasmEdge that merely lies about is passed over: Debian has one', debian, async () => {
  await install('.wasmedge/bin/wasmedge', 'echo wasmedge version 0.9.1');
  assert.deepEqual(await wasmedge.lacks(), []);
});

test('without a fit WasmEdge and without Debian, what to install is said, and why what is there will not do', async () => {
  await install('.wasmedge/bin/wasmedge', 'echo wasmedge version 0.9.1');
  process.env.PATH = path.join(folder, 'nothing');
  const [problem, ...others] = await wasmedge.lacks();
  assert.deepEqual(others, []);
  assert.match(problem ?? '', /WasmEdge 0\.14\.0 or newer.*WasmEdge 0\.9\.1.*install\.sh.*WASMEDGE/);
});

test('a WasmEdge that is installed later makes the step due', async () => {
  const before = JSON.stringify(await wasmedge.inputs());
  await install('.wasmedge/bin/wasmedge', 'echo wasmedge version 0.14.1');
  assert.notEqual(JSON.stringify(await wasmedge.inputs()), before);
});

for (const [version, said] of [
  ['1.16.0', ''],
  ['1.17.4', ''],
  ['1.18.2', ''],
  ['1.18.0-rc.1', ''],
  ['1.19.0', ' (newer than 1.18: not tested with this application)'],
  ['2.0.1', ' (newer than 1.18: not tested with this application)'],
] as const)
  test(`the daprd of an installed Dapr ${version} is used`, async () => {
    const installed = await install('.dapr/bin/daprd', `echo ${version}`);
    assert.deepEqual(await daprd.lacks(), []);
    assert.equal(await make(daprd), `Dapr ${version}, installed at ${installed}${said}`);
    assert.equal(await readlink(path.join(folder, 'product/daprd')), installed);
  });

test('DAPR_RUNTIME_PATH comes before the home folder, and is relative to where the user stands', async () => {
  await install('.dapr/bin/daprd', 'echo 1.17.4');
  process.env.INIT_CWD = folder;
  process.env.DAPR_RUNTIME_PATH = 'elsewhere';
  const named = await install('elsewhere/.dapr/bin/daprd', 'echo 1.18.0');
  assert.equal(await make(daprd), `Dapr 1.18.0, installed at ${named}`);
});

for (const [version, reason] of [
  ['1.9.0', 'is Dapr 1.9.0, and 1.16 is the oldest that will do'],
  ['1.14.4', 'is Dapr 1.14.4, and 1.16 is the oldest that will do'],
  ['1.15.12', 'is Dapr 1.15.12, and 1.16 is the oldest that will do'],
  ['edge', 'says that its version is "edge"'],
] as const) {
  test(`an installed daprd that says ${version} is passed over, and what then lacks says so`, async () => {
    const installed = await install('.dapr/bin/daprd', `echo ${version}`);
    const [problem, ...others] = await daprd.lacks();
    assert.deepEqual(others, []);
    assert.ok(problem?.startsWith(`${installed} ${reason}; go `), problem);
  });

  test(`a daprd named by DAPRD that says ${version} is refused`, async () => {
    process.env.INIT_CWD = folder;
    process.env.DAPRD = './daprd';
    const named = await install('daprd', `echo ${version}`);
    await assert.rejects(namedDaprd(), (error: Error) => {
      assert.ok(
        error.message.startsWith(`DAPRD is ${named}, which ${reason}: install a newer Dapr`),
        error.message,
      );
      return true;
    });
  });
}

test('a daprd named by DAPRD is taken from where the user stands, and nothing is set up for it', async () => {
  assert.equal(await namedDaprd(), undefined);
  process.env.INIT_CWD = folder;
  process.env.DAPRD = './daprd';
  await assert.rejects(namedDaprd(), {
    code: 'ERR_SETUP',
    message: /DAPRD is .*daprd, but there is no such/,
  });
  const named = await install('daprd', 'echo 1.18.2');
  assert.equal(await namedDaprd(), named);
});
