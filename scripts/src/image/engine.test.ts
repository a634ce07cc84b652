import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { findEngine } from './engine.js';

/** Puts these shell scripts on the PATH, and nothing else. */
async function onlyPrograms(t: TestContext, programs: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'engine-test-'));
  const { PATH } = process.env;
  t.after(async () => {
    process.env.PATH = PATH;
    await rm(folder, { recursive: true });
  });
  for (const [name, script] of Object.entries(programs))
    await writeFile(path.join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  process.env.PATH = folder;
  return folder;
}

const CLIENT_ALONE = 'echo "Cannot connect to the Docker daemon. Is it running?" >&2; exit 1';

test('docker is taken if its engine answers', async (t) => {
  await onlyPrograms(t, { docker: '[ "$1" = version ]', podman: 'exit 0', buildah: 'exit 0' });
  assert.equal((await findEngine()).name, 'docker');
});

test('a client without its engine is passed over, in the order docker, podman, buildah', async (t) => {
  await onlyPrograms(t, { docker: CLIENT_ALONE, podman: 'exit 0', buildah: 'exit 0' });
  assert.equal((await findEngine()).name, 'podman');
});

test('buildah is taken where there is nothing else', async (t) => {
  await onlyPrograms(t, { buildah: 'exit 0' });
  assert.equal((await findEngine()).name, 'buildah');
});

test('without any that works it is said of each what is missing, and what to do', async (t) => {
  const folder = await onlyPrograms(t, { docker: CLIENT_ALONE, buildah: 'exit 125' });
  await assert.rejects(findEngine(), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'ERR_SETUP');
    const [said, docker, podman, buildah, remedy] = error.message.split('\n');
    assert.equal(said, 'An image is built by docker, podman or buildah, and none of them works:');
    assert.equal(
      docker,
      `  ${folder}/docker does not work: Cannot connect to the Docker daemon. Is it running?`,
    );
    assert.equal(podman, '  podman is not on the PATH');
    assert.match(buildah ?? '', /buildah does not work: .*exit code 125/);
    assert.match(remedy ?? '', /^Install one, or start its engine/);
    return true;
  });
});
