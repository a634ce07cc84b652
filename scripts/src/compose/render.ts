import path from 'node:path';
import { stringify } from 'yaml';
import { EDGE } from '../edge.js';
import { defaultTag, folderInImage, IMAGE_ROOT, IMAGE_USER } from '../image/image.js';
import { type App, readRunFile } from '../launch/run-file.js';
import { daprdFlags } from '../launch/sidecar.js';
import { root } from '../paths.js';
import { SetupError } from '../setup/errors.js';
import { writtenVersion } from '../setup/written-version.js';

/** Where sidecars have what they read of the repository. */
const IN_SIDECAR = '/dapr';

/** Where the sidecars listen for each other: one port for all (deploy/compose-names.yaml). */
const INTERNAL_PORT = 50_002;
const NAMES = 'deploy/compose-names.yaml';
/** The version of Dapr that the application is tested with. */
const DAPR = /^\s*(?:require )?github\.com\/dapr\/dapr v([\d.]+)$/m;

const HEAD = `# The application in containers, without Kubernetes: the image of \`npm run image\` for each app, and Dapr's own for the
# sidecars. Written by \`npm run compose\` from dapr.yaml; docs/image.md has its use.
#   docker compose -f deploy/compose.yaml up
# It is checked against the schema of the Compose specification. No engine has run it: there was none where it was made. Its
# commands have been, as they are here, each pod in a network namespace of its own, with this Dapr.
`;

/** What every container is denied. A sidecar has the user of Dapr's image, which is the same. */
const CONFINED = {
  user: `${IMAGE_USER}:${IMAGE_USER}`,
  read_only: true,
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  restart: 'unless-stopped',
  // What SHUTDOWN_MS gives to requests in work, and some more.
  stop_grace_period: '12s',
} as const;

/**
 * Renders the Compose file of a run file's apps: of each the container that has the address, the app and the sidecar. The
 * two share the loopback interface of the first, which goes on when one of them is started again.
 *
 * @throws SetupError for an app without a port or a command, or with a folder that no image has
 */
export async function renderCompose(runFile: string): Promise<string> {
  const [apps, tag, dapr] = await Promise.all([
    readRunFile(runFile),
    defaultTag(),
    writtenVersion('daprd/go.mod', DAPR),
  ]);
  const image = `\${IMAGE:-${tag}}`;
  const services = apps.flatMap((app) => [
    [pod(app), addressOf(app, image)],
    [app.appID, service(app, image)],
    [`${app.appID}-sidecar`, sidecar(app, `daprio/daprd:${dapr}`)],
  ]);
  const content = { name: 'dapr-wasmedge', services: Object.fromEntries(services) };
  return `${HEAD}${stringify(content, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

function pod({ appID }: App): string {
  return `${appID}-pod`;
}

/** What has an app's address and name, and waits for nothing. */
function addressOf({ appID, appPort }: App, image: string) {
  return {
    image,
    command: ['sh', '-c', 'read line'],
    stdin_open: true,
    networks: { default: { aliases: [appID] } },
    ...(appID === EDGE && { ports: [`127.0.0.1:${appPort}:${appPort}`] }),
    healthcheck: { disable: true },
    init: true,
    ...CONFINED,
  };
}

function service(app: App, image: string) {
  const { appID, appPort, command = [], daprHTTPPort } = app;
  if (appPort === undefined || command.length === 0)
    throw new SetupError(`The app ${appID} has no appPort or no command: a container needs both.`);
  const environment = {
    ...app.env,
    APP_ID: appID,
    APP_PORT: String(appPort),
    ...(daprHTTPPort !== undefined && { DAPR_HTTP_PORT: String(daprHTTPPort) }),
    // What is published does not come in by the loopback interface.
    HOST: appID === EDGE ? '0.0.0.0' : '127.0.0.1',
  };
  return {
    image,
    working_dir: folderInImage(app),
    command: command.map(literal),
    environment: Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, literal(value)]),
    ),
    network_mode: `service:${pod(app)}`,
    depends_on: [pod(app)],
    healthcheck: {
      test: ['CMD', 'node', `${IMAGE_ROOT}/deploy/health.js`],
      interval: '10s',
      timeout: '3s',
      start_period: '30s',
      start_interval: '1s',
    },
    // Reaps what a function's parent leaves if it dies.
    init: true,
    ...CONFINED,
  };
}

/** A text in which Compose puts no variable. */
function literal(text: string): string {
  return text.replaceAll('$', '$$$$');
}

function sidecar(app: App, image: string) {
  const { resourcesPaths = [], configFilePath } = app;
  const configs = configFilePath === undefined ? [] : [configFilePath];
  const folders = new Set([...resourcesPaths, ...configs.map((file) => path.dirname(file))]);
  const flags = daprdFlags({
    ...app,
    resourcesPaths: resourcesPaths.map(inSidecar),
    // A later one wins.
    configFilePath: [...configs, path.join(root, NAMES)].map(inSidecar),
    appChannelAddress: '127.0.0.1',
    apiListenAddresses: '127.0.0.1',
    daprInternalGRPCPort: INTERNAL_PORT,
  });
  return {
    image,
    command: ['./daprd', ...flags.map(literal), '--enable-metrics=false'],
    network_mode: `service:${pod(app)}`,
    depends_on: [pod(app)],
    volumes: [...folders, path.join(root, NAMES)].map(
      (place) => `${fromDeploy(place)}:${inSidecar(place)}:ro`,
    ),
    // Dapr's image has nothing that could ask it; the health of its app is asked by itself.
    healthcheck: { disable: true },
    ...CONFINED,
  };
}

function inSidecar(place: string): string {
  return path.posix.join(IN_SIDECAR, path.relative(root, place));
}

function fromDeploy(place: string): string {
  const relative = path.posix.relative(path.join(root, 'deploy'), place);
  return relative.startsWith('..') ? relative : `./${relative}`;
}
