// Run files in the shapes of those that people have: of each, the keys and how they are combined are those of run files
// of github.com/dapr/quickstarts or of the Dapr CLI's documentation; names and values are our own.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { writeRunFile } from './fixtures/run-file.js';
import { settlePorts } from './ports.js';
import { readRunFile } from './run-file.js';
import { sidecarArguments } from './sidecar.js';

interface Shape {
  /** Where run files of this shape are found. */
  readonly of: string;
  readonly common?: object;
  readonly apps: readonly object[];
  /** Of each app: its id, and the flags of daprd that its keys decide; FREE for a port that is chosen. */
  readonly expected: readonly (readonly [id: string, ...flags: string[]])[];
}

const FREE = '(free)';
const free = [`--dapr-http-port=${FREE}`, `--dapr-grpc-port=${FREE}`];

const shapes: Shape[] = [
  {
    of: 'service invocation: one app that listens and one that only calls, no port of Dapr, nothing in common',
    apps: [
      { appID: 'shop', appDirPath: './shop/', appPort: 26_006, command: ['go', 'run', '.'] },
      { appID: 'client', appDirPath: './client/', command: ['go', 'run', '.'] },
    ],
    expected: [
      ['shop', '--app-port=26006', ...free],
      ['client', ...free],
    ],
  },
  {
    of: 'service invocation in Java: a Configuration in common',
    common: { configFilePath: './tracing.yaml' },
    apps: [{ appDirPath: './shop/', appID: 'shop', appPort: 29_001, command: ['java', '-jar', 'shop.jar'] }],
    expected: [['shop', '--config=(folder)/tracing.yaml', '--app-port=29001', ...free]],
  },
  {
    of: 'publish and subscribe, state, workflows: resourcesPath in common',
    common: { resourcesPath: '../../parts/' },
    apps: [
      { appID: 'reader', appDirPath: './reader/', appPort: 26_002, command: ['php', 'main.php'] },
      { appID: 'writer', appDirPath: './writer/', command: ['php', 'main.php'] },
    ],
    expected: [
      ['reader', '--resources-path=(folder)/../../parts', '--app-port=26002', ...free],
      ['writer', '--resources-path=(folder)/../../parts', ...free],
    ],
  },
  {
    of: 'bindings: resourcesPath in the app',
    apps: [
      { appID: 'batch', appDirPath: './batch', appPort: 27_003, command: ['x'], resourcesPath: '../parts' },
    ],
    expected: [['batch', '--resources-path=(folder)/parts', '--app-port=27003', ...free]],
  },
  {
    of: 'jobs in Go: gRPC, each port named for one app and none of Dapr for the other',
    apps: [
      {
        appDirPath: './worker/',
        appID: 'worker',
        appPort: 25_200,
        daprHTTPPort: 25_280,
        daprGRPCPort: 25_281,
        appProtocol: 'grpc',
        command: ['go', 'run', '.'],
      },
      { appDirPath: './planner/', appID: 'planner', appPort: 25_300, command: ['go', 'run', '.'] },
    ],
    expected: [
      [
        'worker',
        '--app-protocol=grpc',
        '--app-port=25200',
        '--dapr-http-port=25280',
        '--dapr-grpc-port=25281',
      ],
      ['planner', '--app-port=25300', ...free],
    ],
  },
  {
    of: 'tutorials of workflows: paths without ./, destinations of the log, resources in common',
    common: { resourcesPath: 'parts' },
    apps: [
      {
        appID: 'orders',
        appDirPath: 'Orders',
        appPort: 25_260,
        daprHTTPPort: 25_560,
        command: ['dotnet', 'run'],
        appLogDestination: 'fileAndConsole',
        daprdLogDestination: 'file',
      },
    ],
    expected: [
      [
        'orders',
        '--resources-path=(folder)/parts',
        '--app-port=25260',
        '--dapr-http-port=25560',
        `--dapr-grpc-port=${FREE}`,
      ],
    ],
  },
  {
    of: 'a workflow in the file’s own folder, without any port',
    common: { resourcesPath: '../parts' },
    apps: [
      {
        appID: 'alone',
        appDirPath: './',
        command: ['go', 'run', '.'],
        appLogDestination: 'console',
        daprdLogDestination: 'console',
      },
    ],
    expected: [['alone', '--resources-path=(folder)/../parts', ...free]],
  },
  {
    of: 'Kubernetes: images, a service, and no command',
    apps: [
      {
        appDirPath: './node',
        appID: 'node',
        appPort: 23_000,
        containerImage: 'registry.example/node:latest',
        containerImagePullPolicy: 'Always',
        createService: true,
        env: { APP_PORT: 23_000 },
      },
      { appDirPath: './python', appID: 'python', containerImage: 'registry.example/python:latest' },
    ],
    expected: [
      ['node', '--app-port=23000', ...free],
      ['python', ...free],
    ],
  },
  {
    of: 'the documentation: ids from the folders, protocols in capitals, a socket',
    common: { resourcesPaths: ['./parts', './more'], env: { DEBUG: true } },
    apps: [
      {
        appDirPath: 'web/',
        appChannelAddress: 'localhost',
        appProtocol: 'HTTP',
        appPort: 28_080,
        appHealthCheckPath: '/health',
        command: ['python3', 'app.py'],
      },
      {
        appDirPath: 'back',
        appProtocol: 'GRPC',
        appPort: 23_000,
        unixDomainSocket: '/tmp/socket',
        env: { DEBUG: false },
        command: ['./back'],
      },
    ],
    expected: [
      [
        'web',
        '--resources-path=(folder)/parts',
        '--resources-path=(folder)/more',
        '--app-protocol=http',
        '--app-health-check-path=/health',
        '--app-port=28080',
        ...free,
      ],
      [
        'back',
        '--resources-path=(folder)/parts',
        '--resources-path=(folder)/more',
        '--app-protocol=grpc',
        '--app-port=23000',
        ...free,
      ],
    ],
  },
  {
    of: 'the documentation: all the rest of its keys',
    common: {
      apiListenAddresses: '127.0.0.1,::1',
      enableProfiling: true,
      logLevel: 'WARN',
      appMaxConcurrency: -1,
      placementHostAddress: 'localhost',
      schedulerHostAddress: 'localhost:7000',
      maxBodySize: '16Mi',
      readBufferSize: 8192,
      enableAppHealthCheck: true,
      appHealthProbeInterval: 3,
      appHealthProbeTimeout: 500,
      appHealthThreshold: 5,
      enableApiLogging: true,
    },
    apps: [{ appDirPath: 'web', appPort: 28_080, daprInternalGRPCPort: 25_555, metricsPort: 29_090 }],
    expected: [
      [
        'web',
        '--enable-profiling=true',
        '--log-level=warn',
        '--app-max-concurrency=-1',
        '--placement-host-address=localhost:50005',
        '--scheduler-host-address=localhost:7000',
        '--max-body-size=16Mi',
        '--read-buffer-size=8192',
        '--app-health-probe-interval=3',
        '--app-health-probe-timeout=500',
        '--app-health-threshold=5',
        '--enable-api-logging=true',
        '--app-port=28080',
        '--metrics-port=29090',
        ...free,
        '--dapr-internal-grpc-port=25555',
        `--profile-port=${FREE}`,
        '--dapr-listen-addresses=127.0.0.1,::1',
        '--enable-app-health-check=true',
        '--enable-metrics=true',
      ],
    ],
  },
];

/** The flags that every sidecar has here, unless a shape says otherwise. */
const always = [
  `--dapr-internal-grpc-port=${FREE}`,
  '--dapr-listen-addresses=127.0.0.1',
  '--app-channel-address=127.0.0.1',
  '--dapr-internal-grpc-listen-address=127.0.0.1',
  '--enable-metrics=false',
];

const nameOf = (flag: string) => flag.split('=')[0];

for (const { of, common, apps, expected } of shapes)
  test(`a run file as people have it: ${of}`, async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'run-file-test-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const settled = await settlePorts(
      await readRunFile(await writeRunFile(folder, { version: 1, common, apps })),
    );
    const given = new Set(apps.flatMap((app) => Object.values(app)));
    for (const [index, [id, ...flags]] of expected.entries()) {
      const { app, ports } = settled[index] ?? assert.fail();
      const shown = sidecarArguments(app, ports, '127.0.0.1').map((flag) => {
        const [name, value = ''] = flag.split('=');
        if (/^--resources-path$|^--config$/.test(name ?? ''))
          return `${name}=(folder)/${path.relative(folder, value)}`;
        const isChosen = /-port$/.test(name ?? '') && !given.has(Number(value));
        if (isChosen) assert.ok(Number(value) >= 20_000 && Number(value) < 32_768, flag);
        return isChosen ? `${name}=${FREE}` : flag;
      });
      const others = always.filter((flag) => !flags.some((each) => nameOf(each) === nameOf(flag)));
      assert.deepEqual(shown.sort(), [`--app-id=${id}`, ...flags, ...others].sort());
    }
    const chosen = settled.flatMap(({ ports }) => Object.values(ports)).filter((port) => port !== undefined);
    assert.equal(new Set(chosen).size, chosen.length, 'a port for two');
  });
