import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { z } from 'zod';
import { run } from '../setup/command.js';
import { SetupError } from '../setup/errors.js';

/** https://github.com/opencontainers/image-spec/blob/main/image-index.md and manifest.md */
const Descriptor = z.object({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/), mediaType: z.string() });
const Index = z.object({ manifests: z.array(Descriptor).min(1) });
const Manifest = z.object({ layers: z.array(Descriptor) });

/** What an archive of the OCI holds. */
export interface Archive {
  /** Digest of the manifest. */
  readonly digest: string;
  /** What a registry transfers, in bytes: layers as they are if they are compressed, else as gzip makes them. */
  readonly compressedBytes: number;
  /** What a machine stores, in bytes. */
  readonly unpackedBytes: number;
}

/**
 * Measures an archive of the OCI.
 *
 * @throws SetupError if it is none
 */
export async function measureArchive(file: string): Promise<Archive> {
  const folder = await mkdtemp(`${file}.`);
  try {
    await run('tar', ['-C', folder, '-xf', file]);
    const blob = ({ digest }: { digest: string }) => path.join(folder, 'blobs', digest.replace(':', '/'));
    let [image] = (await readJson(path.join(folder, 'index.json'), Index)).manifests;
    // Of an image for several platforms, or with attestations, the first one is that of this machine.
    while (image?.mediaType.includes('index')) [image] = (await readJson(blob(image), Index)).manifests;
    if (image === undefined) throw new SetupError(`${file} holds no image.`);
    const { layers } = await readJson(blob(image), Manifest);
    let [compressedBytes, unpackedBytes] = [0, 0];
    for (const layer of layers) {
      const isCompressed = layer.mediaType.endsWith('gzip');
      const stored = await countBytes(blob(layer));
      const converted = await countBytes(blob(layer), isCompressed ? createGunzip() : createGzip());
      compressedBytes += isCompressed ? stored : converted;
      unpackedBytes += isCompressed ? converted : stored;
    }
    return { digest: image.digest, compressedBytes, unpackedBytes };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function countBytes(file: string, through: Transform = new PassThrough()): Promise<number> {
  let bytes = 0;
  await pipeline(createReadStream(file), through, async (chunks: AsyncIterable<Uint8Array>) => {
    for await (const chunk of chunks) bytes += chunk.length;
  });
  return bytes;
}

async function readJson<Schema extends z.ZodType>(file: string, schema: Schema): Promise<z.output<Schema>> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new SetupError(
      `${path.basename(file)} of the archive is not what the OCI describes: build with docker 25 or newer, podman or buildah.`,
      { cause },
    );
  }
}
