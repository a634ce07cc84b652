import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { measureArchive } from './archive.js';

const LAYER = 'application/vnd.oci.image.layer.v1.tar';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

/** Writes an archive of the OCI with `add`'s blobs. */
async function archive(
  t: TestContext,
  indexOf: (add: (mediaType: string, content: string | Buffer) => Promise<object>) => Promise<unknown>,
) {
  const folder = await mkdtemp(path.join(tmpdir(), 'archive-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const blobs = path.join(folder, 'content/blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const add = async (mediaType: string, content: string | Buffer) => {
    const hash = createHash('sha256').update(content).digest('hex');
    await writeFile(path.join(blobs, hash), content);
    return { mediaType, digest: `sha256:${hash}`, size: content.length };
  };
  await writeFile(path.join(folder, 'content/index.json'), JSON.stringify(await indexOf(add)));
  const file = path.join(folder, 'image.tar');
  execFileSync('tar', ['-C', path.join(folder, 'content'), '-cf', file, '.']);
  return { file, folder };
}

test('layers count as they are and unpacked, be they compressed or not', async (t) => {
  const [packed, plain] = [Buffer.alloc(100_000, 'a'), Buffer.alloc(50_000, 'b')];
  let digest: unknown;
  const { file, folder } = await archive(t, async (add) => {
    const layers = [await add(`${LAYER}+gzip`, gzipSync(packed)), await add(LAYER, plain)];
    const manifest = await add(MANIFEST, JSON.stringify({ layers }));
    digest = Reflect.get(manifest, 'digest');
    // As docker writes it: an index, and behind the image what attests to it.
    const attestation = await add(MANIFEST, JSON.stringify({ layers: [] }));
    return { manifests: [await add(INDEX, JSON.stringify({ manifests: [manifest, attestation] }))] };
  });
  assert.deepEqual(await measureArchive(file), {
    digest,
    compressedBytes: gzipSync(packed).length + gzipSync(plain).length,
    unpackedBytes: 150_000,
  });
  assert.deepEqual((await readdir(folder)).sort(), ['content', 'image.tar']);
});

for (const [what, index] of [
  ['without an image', { manifests: [] }],
  [
    'with a digest that leads elsewhere',
    { manifests: [{ mediaType: MANIFEST, digest: '../../etc/passwd' }] },
  ],
] as const)
  test(`an archive ${what} is refused`, async (t) => {
    const { file } = await archive(t, async () => index);
    await assert.rejects(measureArchive(file), {
      code: 'ERR_SETUP',
      message:
        'index.json of the archive is not what the OCI describes: build with docker 25 or newer, podman or buildah.',
    });
  });
