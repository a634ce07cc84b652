import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { root } from '../paths.js';
import { describeTool, lacking, type ToolName } from './tools.js';

const { PATH } = process.env;
let folder: string;

/** A PATH with a shell alone. */
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tools-test-'));
  await mkdir(path.join(folder, 'bin'));
  await symlink('/bin/sh', path.join(folder, 'bin/sh'));
  process.env.PATH = path.join(folder, 'bin');
});
afterEach(async () => {
  process.env.PATH = PATH;
  await rm(folder, { recursive: true });
});

/** A command that says this, and ends with this code. */
async function install(name: string, says: string, code = 0): Promise<string> {
  const file = path.join(folder, 'bin', name);
  await writeFile(file, `#!/bin/sh\necho '${says}'\nexit ${code}\n`, { mode: 0o755 });
  return file;
}

for (const [name, says, problem] of [
  [
    'go',
    'go version go1.19.8 linux/amd64',
    /^go 1\.26\.5 or newer is needed, and \S+\/go is 1\.19\.8: install Go/,
  ],
  [
    'cargo',
    'cargo 1.70.0 (ec8a8a0ca 2023-04-25)',
    /^cargo 1\.88 or newer is needed, and \S+\/cargo is 1\.70\.0: .*rustup/,
  ],
  ['go', 'no toolchain', /^go 1\.26\.5 or newer is needed, and \S+\/go says "no toolchain": install Go/],
] as const satisfies [ToolName, string, RegExp][])
  test(`a ${name} that says «${says}» will not do, with the version that would`, async () => {
    await install(name, says);
    const [found, ...others] = await lacking(name);
    assert.deepEqual(others, []);
    assert.match(found ?? '', problem);
    assert.equal(await describeTool(name), found);
  });

for (const [name, says] of [
  ['go', 'go version go1.26.5 linux/amd64'],
  ['go', 'go version go1.30 linux/arm64'],
  ['cargo', 'cargo 1.88.0 (873a06493 2025-05-10)'],
  ['cargo', 'cargo 1.100.1-nightly (000000000 2027-01-01)'],
] as const satisfies [ToolName, string][])
  test(`a ${name} that says «${says}» will do`, async () => {
    const file = await install(name, says);
    assert.deepEqual(await lacking(name), []);
    assert.equal(await describeTool(name), `${says} at ${file}`);
  });

test('a Python without pip will not do', async () => {
  await install('python3', 'No module named pip', 1);
  assert.match(
    (await lacking('python3')).join(),
    /python3 has no pip: install it \(.*python3-pip.*ensurepip/,
  );
});

test('what is missing is named with the version that is needed and where it comes from', async () => {
  assert.deepEqual(
    (await lacking('cargo', 'go', 'python3', 'cc')).map((problem) => problem.replace(/:.*/, '')),
    [
      'cargo 1.88 or newer is not on the PATH',
      'go 1.26.5 or newer is not on the PATH',
      'python3 is not on the PATH',
      'cc is not on the PATH',
    ],
  );
});

test('the README names the versions that are looked for', async () => {
  const readme = await readFile(path.join(root, 'README.md'), 'utf8');
  for (const problem of await lacking('cargo', 'go')) {
    const [, name, version] = /^(\w+) ([\d.]+) or newer/.exec(problem) ?? [];
    const tool = name === 'cargo' ? 'Rust \\|' : 'Go';
    assert.match(readme, new RegExp(`${tool} ${version} or newer`));
  }
  const { engines } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  assert.match(readme, new RegExp(`Node \\| ${engines.node.slice(2)} or newer`));
});
