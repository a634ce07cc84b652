import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../setup/command.js';
import { SetupError } from '../setup/errors.js';
import { placeOf, type Step, type Work } from '../setup/step.js';
import { programs } from './programs.js';

/** Where the images' names begin, as in `test/cluster/manifests`; there is no such registry. */
const REGISTRY = 'cluster.test';
const TAG = 'built';

/** A program that runs in pods of the cluster, and the module that it is built from. */
interface ProgramImage {
  readonly program: string;
  readonly from: string;
  /** User and group; root by default. */
  readonly user?: number;
}

const NONROOT = 65_532;

const IMAGES: readonly ProgramImage[] = [
  { program: 'pause', from: 'pause', user: NONROOT },
  { program: 'coredns', from: 'coredns' },
  { program: 'metrics-server', from: 'metrics-server', user: NONROOT },
  ...['injector', 'sentry', 'operator', 'placement', 'scheduler', 'daprd'].map((program) => ({
    program,
    from: 'dapr',
    user: NONROOT,
  })),
];

/**
 * An image for each program that runs in pods, as an archive of the OCI's image layout
 * (https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md): `<program>.tar`.
 *
 * @param folder the folder of all products
 */
export function imagesStep(folder: string): Step {
  const needs = [...new Set(IMAGES.map(({ from }) => programStep(from)))];
  return {
    name: 'images',
    needs,
    seconds: 30,
    inputs: async () => [IMAGES, REGISTRY, TAG],
    lacks: async () => [],
    make: async (work) => {
      for (const image of IMAGES) {
        work.report(image.program);
        const program = path.join(placeOf(programStep(image.from), folder), image.program);
        await writeImage(image, program, work);
      }
      return `${IMAGES.length} images`;
    },
  };
}

function programStep(name: string): Step {
  const step = programs.get(name);
  if (step === undefined) throw new SetupError(`There is no module test/cluster/programs/${name}.`);
  return step;
}

async function writeImage(
  { program, user = 0 }: ProgramImage,
  file: string,
  { product, signal }: Work,
): Promise<void> {
  const folder = path.join(product, program);
  const layout = path.join(folder, 'layout');
  const blobs = path.join(layout, 'blobs/sha256');
  const content = path.join(folder, 'content');
  await mkdir(blobs, { recursive: true });
  for (const name of ['etc', 'tmp', 'var/run']) await mkdir(path.join(content, name), { recursive: true });
  await chmod(path.join(content, 'tmp'), 0o1777);
  await writeFile(
    path.join(content, 'etc/passwd'),
    `root:x:0:0::/:/bin/false\nnonroot:x:${NONROOT}:${NONROOT}::/:/bin/false\n`,
  );
  await copyFile(file, path.join(content, program));
  await chmod(path.join(content, program), 0o755);
  const tar = (from: string, to: string) =>
    run(
      'tar',
      ['--create', '--sort=name', '--owner=0', '--group=0', '--mtime=@0', '-f', to, '-C', from, '.'],
      {
        signal,
      },
    );

  /** Puts a file among the blobs by its hash, as a descriptor refers to it. */
  const blob = async (file: string, kind: string) => {
    const digest = await sha256(file);
    const { size } = await stat(file);
    await rename(file, path.join(blobs, digest));
    return { mediaType: `application/vnd.oci.image.${kind}`, digest: `sha256:${digest}`, size };
  };
  const jsonBlob = async (value: unknown, kind: string) => {
    const file = path.join(folder, 'blob.json');
    await writeFile(file, JSON.stringify(value));
    return blob(file, kind);
  };
  await tar(content, path.join(folder, 'layer.tar'));
  const layer = await blob(path.join(folder, 'layer.tar'), 'layer.v1.tar');
  const config = await jsonBlob(
    {
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { Entrypoint: [`/${program}`], User: String(user), WorkingDir: '/' },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    },
    'config.v1+json',
  );
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = await jsonBlob(
    { schemaVersion: 2, mediaType, config, layers: [layer] },
    'manifest.v1+json',
  );
  // By this containerd knows the image's name.
  const annotations = { 'io.containerd.image.name': `${REGISTRY}/${program}:${TAG}` };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations }] };
  await writeFile(path.join(layout, 'index.json'), JSON.stringify(index));
  await writeFile(path.join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await tar(layout, path.join(product, `${program}.tar`));
  await rm(folder, { recursive: true });
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(file)) hash.update(part);
  return hash.digest('hex');
}
