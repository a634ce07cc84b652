import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readlink, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { findRuntime } from '@dapr-wasmedge/wasmedge-node';
import { parts } from '../paths.js';
import { daprd } from './daprd.js';
import type { Step } from './step.js';
import { wasmedge } from './wasmedge.js';

const CHANGED = ['HOME', 'PATH', 'WASMEDGE', 'DAPR_RUNTIME_PATH'];
const environment = CHANGED.map((name) => [name, process.env[name]] as const);
let folder: string;

/** A home and a PATH in which nothing is installed. */
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'installed-test-'));
  delete process.env.WASMEDGE;
  delete process.env.DAPR_RUNTIME_PATH;
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
  });

test('an installed WasmEdge that is fit is used, with its header', async () => {
  process.env.WASMEDGE = await install('opt/bin/wasmedge', `exec ${parts.wasmedge} "$@"`);
  await symlink(parts.wasmedgeHeaders, path.join(folder, 'opt/include'));
  assert.deepEqual(await wasmedge.tools(), []);
  assert.match(await make(wasmedge), /^WasmEdge \d+\.\d+\.\d+, installed at /);
  const used = path.join(folder, 'product/bin/wasmedge');
  assert.equal(await realpath(path.join(folder, 'product/include')), await realpath(parts.wasmedgeHeaders));
  assert.equal((await findRuntime(used)).version, (await findRuntime(parts.wasmedge)).version);
});

test('a WasmEdge that WASMEDGE names is not passed over when it is unfit or missing', async () => {
  process.env.WASMEDGE = await install('old/wasmedge', 'echo wasmedge version 0.9.1');
  await assert.rejects(make(wasmedge), { code: 'ERR_SETUP', message: /WasmEdge 0\.9\.1/ });
  process.env.WASMEDGE = path.join(folder, 'none');
  await assert.rejects(wasmedge.inputs(), { code: 'ERR_SETUP', message: /none, but there is no such/ });
});

test('an unfit WasmEdge that merely lies about is passed over', async () => {
  await install('.wasmedge/bin/wasmedge', 'echo wasmedge version 0.9.1');
  assert.deepEqual(await wasmedge.tools(), ['apt-get', 'dpkg']);
});

test('a WasmEdge that is installed later makes the step due', async () => {
  const before = JSON.stringify(await wasmedge.inputs());
  await install('.wasmedge/bin/wasmedge', 'echo wasmedge version 0.14.1');
  assert.notEqual(JSON.stringify(await wasmedge.inputs()), before);
});

test('the daprd of an installed Dapr is used', async () => {
  const installed = await install('.dapr/bin/daprd', 'echo 1.14.4');
  assert.deepEqual(await daprd.tools(), []);
  assert.equal(await make(daprd), `Dapr 1.14.4, installed at ${installed}`);
  assert.equal(await readlink(path.join(folder, 'product/daprd')), installed);
});

test('DAPR_RUNTIME_PATH comes before the home folder', async () => {
  await install('.dapr/bin/daprd', 'echo 1.14.4');
  process.env.DAPR_RUNTIME_PATH = path.join(folder, 'elsewhere');
  const named = await install('elsewhere/.dapr/bin/daprd', 'echo 1.15.0');
  assert.equal(await make(daprd), `Dapr 1.15.0, installed at ${named}`);
});

test('a daprd that is too old, or does not say what it is, is passed over', async () => {
  await install('.dapr/bin/daprd', 'echo 1.9.0');
  assert.deepEqual(await daprd.tools(), ['go']);
  await install('.dapr/bin/daprd', 'echo edge');
  assert.deepEqual(await daprd.tools(), ['go']);
});
