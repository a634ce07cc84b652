import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { execa } from 'execa';
import { fixture, post } from '../hello.js';
import { spawnLauncher } from '../launcher.js';
import { folders, mounted } from '../mounts.js';

async function folderFor(t: TestContext, parent = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, 'machines-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

/** What set-up says that a machine without WasmEdge lacks to get one, after these changes to it. */
async function lacking(t: TestContext, ...changes: readonly string[]): Promise<string[]> {
  const module = join(folders.repository, 'scripts/dist/setup/wasmedge.js');
  const script = `import { wasmedge } from ${JSON.stringify(module)}; process.stdout.write(JSON.stringify(await wasmedge.lacks()));`;
  const [command = '', ...args] = [
    ...mounted(...changes),
    process.execPath,
    '--input-type=module',
    '--eval',
    script,
  ];
  const env = { HOME: await folderFor(t), PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
  const { stdout } = await execa(command, args, { env, extendEnv: false });
  return JSON.parse(stdout);
}

const apt = { skip: existsSync('/usr/bin/apt-get') ? false : 'only where there is apt' };

test(
  'a Debian whose package lists are empty, as those of its container images are, lacks nothing',
  apt,
  async (t) => {
    assert.deepEqual(await lacking(t, 'mount -t tmpfs none /var/lib/apt/lists'), []);
  },
);

test('a machine that is no Debian is told how to install WasmEdge, and which, though it has apt', async (t) => {
  const release = join(await folderFor(t), 'os-release');
  await writeFile(release, 'ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n');
  const [problem, ...others] = await lacking(t, `mount --bind '${release}' "$(readlink -f /etc/os-release)"`);
  assert.deepEqual(others, []);
  assert.match(problem ?? '', /WasmEdge 0\.14\.0 or newer.*\(there is none\).*curl .*install\.sh.*WASMEDGE/);
});

/** A copy of the repository without its tests and what Cargo has built; what set-up and npm have made is linked to. */
async function copyRepository(to: string): Promise<void> {
  const linked = ['node_modules', '.runtime'];
  const left = new Set(['.git', 'test', ...linked]);
  await mkdir(to);
  for (const name of await readdir(folders.repository))
    if (!left.has(name))
      await cp(join(folders.repository, name), join(to, name), {
        recursive: true,
        verbatimSymlinks: true,
        filter: (file) => basename(file) !== 'target',
      });
  for (const name of linked) await execa('cp', ['-al', join(folders.repository, name), to]);
  await mkdir(join(to, 'test'));
  await cp(join(folders.repository, 'test/package.json'), join(to, 'test/package.json'));
}

test('a checkout in a folder with blanks and other letters than English ones builds and runs, also through a link', async (t) => {
  // Beside the original: links do not reach into another file system.
  const place = await folderFor(t, join(folders.repository, 'test/dist'));
  const checkout = join(place, 'Mein Häuschen (№ 1)');
  await copyRepository(checkout);
  const link = join(place, 'link');
  await symlink(checkout, link);

  // The part whose build has most to do with paths: C, a header, a library to link.
  await rm(join(checkout, '.runtime/plugins'), { recursive: true });
  const setUp = await execa(process.execPath, [join(link, 'scripts/bootstrap.mjs'), 'setup'], { cwd: link });
  assert.deepEqual(setUp.stdout.match(/^\S+: done/gm), ['plugins: done']);

  const launcher = await spawnLauncher(t, { checkout: link });
  const url = `${await launcher.url()}/api/hello`;
  for (const api of ['grayscale', 'classify'])
    assert.equal((await post(url, await fixture('coffee.png'), { api })).status, 200, launcher.output());
  launcher.process.kill('SIGTERM');
  assert.equal(await launcher.ended, 0);
});
