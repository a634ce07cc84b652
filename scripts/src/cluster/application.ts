import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { defaultTag } from '../image/image.js';
import { readSettings } from '../kubernetes/settings.js';
import { root } from '../paths.js';
import { run } from '../setup/command.js';
import { hashOfFiles, hashOfSources } from '../setup/fingerprints.js';
import { placeOf, type Step } from '../setup/step.js';
import { onPath } from '../setup/tools.js';
import { type Cluster, clusterFolder } from './cluster.js';

const SCRIPT = path.join(root, 'test/cluster/build-application.sh');

/** The image's name in the manifests, as containerd writes it. */
async function imageName(): Promise<string> {
  return `docker.io/library/${await defaultTag()}`;
}

/** What the image and the manifests are made from. */
const SOURCES = [
  ...['components', 'deploy', 'function-kit', 'function-manifest', 'function-service', 'functions'],
  ...['image-api-classify', 'image-api-grayscale', 'scripts', 'service-kit', 'static', 'templates/c'],
  ...['wasmedge-node', 'web-port'],
];

const FILES = [
  ...['dapr.yaml', 'package-lock.json', 'test/cluster/base-image.sh', SCRIPT],
  // What set-up has built says in these what it was built from.
  ...['.runtime/wasmedge/made-from.txt', '.runtime/litert/made-from.txt', '.runtime/plugins/SHA256SUMS'],
  ...['grayscale', 'classify'].map((name) => `.runtime/functions/${name}/${name}.json`),
];

const EXTENSIONS = [
  '',
  ...'ts mjs js json yaml html css c h rs toml lock jpg txt tflite dockerignore'
    .split(' ')
    .map((each) => `.${each}`),
];

const COMMANDS = { buildah: 'buildah', mmdebstrap: 'mmdebstrap', unshare: 'util-linux' } as const;

/** The application's image with a function of the test's own, and its manifests: `image.tar` and `manifests/`. */
export const application: Step = {
  name: 'application',
  needs: [],
  seconds: 120,
  inputs: async () => [
    await Promise.all(SOURCES.map((folder) => hashOfSources(path.join(root, folder), EXTENSIONS))),
    await hashOfFiles(
      root,
      FILES.map((file) => path.resolve(root, file)),
    ),
    await imageName(),
  ],
  lacks: async () => {
    const missing = await Promise.all(
      Object.entries(COMMANDS).map(async ([name, from]) =>
        (await onPath(name)).length > 0 ? [] : [`${name} is not on the PATH: apt-get install ${from}`],
      ),
    );
    return missing.flat();
  },
  make: async ({ product, signal, report }) => {
    await run('unshare', ['--mount', '--propagation', 'private', SCRIPT, product, await imageName()], {
      signal,
      onLine: (line) => report(line.trim().slice(0, 60)),
    });
    const { size } = await stat(path.join(product, 'image.tar'));
    return `${Math.round(size / 1e6)} MB`;
  },
};

/**
 * Puts the application on the cluster, as docs/kubernetes.md says: the manifests, and a token.
 *
 * @returns what tests are told of it, as environment variables
 */
export async function deployApplication(cluster: Cluster): Promise<Record<string, string>> {
  const place = placeOf(application, clusterFolder);
  const manifests = path.join(place, 'manifests');
  await cluster.importImage(path.join(place, 'image.tar'));
  await cluster.kubectl('apply', '--kustomize', path.join(manifests, 'overlays/local'));
  const { namespace } = await readSettings(path.join(root, 'deploy/kubernetes/settings.yaml'));
  const token = `--from-literal=token=${randomBytes(24).toString('hex')}`;
  await cluster.kubectl('create', 'secret', 'generic', 'app-api-token', token, '--namespace', namespace);
  return { IMAGE: await imageName(), MANIFESTS: manifests, NAMESPACE: namespace };
}
