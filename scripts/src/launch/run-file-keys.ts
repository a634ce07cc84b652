import { z } from 'zod';

/** The flag of daprd that a key is passed on as: https://docs.dapr.io/reference/arguments-annotations-overview/ */
const daprdFlag = z.registry<{ name: string }>();

/** A key that may be missing, and that is passed on to daprd. */
function flag<T extends z.ZodType>(name: string, schema: T) {
  const optional = schema.optional();
  daprdFlag.add(optional, { name });
  return optional;
}

const text = () => z.string().trim().min(1);

/** 0 and below stand for any free port, as in the Dapr CLI. */
const port = () =>
  z
    .int()
    .max(65_535)
    .transform((number) => (number > 0 ? number : undefined));

/** An address without a port has the one that the Dapr CLI adds. */
const address = (defaultPort: number) =>
  text().transform((value) => (value.includes(':') ? value : `${value}:${defaultPort}`));

/** Kubernetes' notation: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const quantity = () =>
  z
    .union([z.string().trim(), z.number()], 'must be a size such as 16Mi')
    .transform(String)
    .pipe(
      z
        .string()
        .regex(/^[+-]?(\d+\.?\d*|\.\d+)([mkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/, 'must be a size such as 16Mi'),
    );

const paths = () =>
  z.union(
    [text().transform((list) => list.split(',').map((each) => each.trim())), z.array(text())],
    'must be a list of folders',
  );

const destination = () => z.enum(['console', 'file', 'fileAndConsole']).optional();

/** A value of `env`, as text. */
const variable = z
  .union([z.string(), z.number(), z.boolean(), z.null()], 'must be a text, a number, true or false')
  .transform((value) => (value === null ? '' : String(value)));

/** A key of the Dapr CLI without effect on a launch on this machine over TCP. */
const ignored = () => z.unknown().optional();

/** An app's id. */
export const appIdSchema = z.string().regex(/^[^.\s]+$/, 'must have neither dots nor spaces');

/** Keys that an app may share with the others by standing under `common`. */
const sharedKeys = {
  resourcesPaths: flag('resources-path', paths()),
  /** Deprecated in favour of `resourcesPaths`. */
  resourcesPath: text().optional(),
  configFilePath: flag('config', text()),
  appProtocol: flag(
    'app-protocol',
    z
      .string()
      .trim()
      .toLowerCase()
      .pipe(z.enum(['http', 'https', 'grpc', 'grpcs', 'h2c'])),
  ),
  /** Deprecated in favour of `appProtocol: https` and `grpcs`. */
  appSSL: z.boolean().optional(),
  apiListenAddresses: flag('dapr-listen-addresses', text()),
  placementHostAddress: flag('placement-host-address', address(50_005)),
  schedulerHostAddress: flag('scheduler-host-address', address(50_006)),
  maxBodySize: flag('max-body-size', quantity()),
  /** `maxBodySize` as it once was, in MB. */
  daprHTTPMaxRequestSize: z.int().optional(),
  readBufferSize: flag('read-buffer-size', quantity()),
  /** `readBufferSize` as it once was, in KB. */
  daprHTTPReadBufferSize: z.int().optional(),
  appMaxConcurrency: flag('app-max-concurrency', z.int()),
  enableAppHealthCheck: flag('enable-app-health-check', z.boolean()),
  appHealthCheckPath: flag('app-health-check-path', z.string().startsWith('/')),
  appHealthProbeInterval: flag('app-health-probe-interval', z.int().positive()),
  appHealthProbeTimeout: flag('app-health-probe-timeout', z.int().positive()),
  appHealthThreshold: flag('app-health-threshold', z.int().positive()),
  enableApiLogging: flag('enable-api-logging', z.boolean()),
  enableProfiling: flag('enable-profiling', z.boolean()),
  logLevel: flag(
    'log-level',
    z
      .string()
      .trim()
      .toLowerCase()
      .pipe(z.enum(['debug', 'info', 'warn', 'error', 'fatal'])),
  ),
  /** The folder of the Dapr installation, which has `.dapr/bin/daprd`. */
  runtimePath: text().optional(),
  /** `runtimePath` as it once was. */
  daprPath: text().optional(),
  appLogDestination: destination(),
  daprdLogDestination: destination(),
  env: z.record(z.string(), variable).optional(),
};

/** The ports that an app and its sidecar listen on. */
const portKeys = {
  appPort: flag('app-port', port()),
  daprHTTPPort: flag('dapr-http-port', port()),
  daprGRPCPort: flag('dapr-grpc-port', port()),
  daprInternalGRPCPort: flag('dapr-internal-grpc-port', port()),
  metricsPort: flag('metrics-port', port()),
  profilePort: flag('profile-port', port()),
};

const appKeys = {
  ...sharedKeys,
  ...portKeys,
  appID: flag('app-id', appIdSchema),
  appDirPath: text(),
  appChannelAddress: flag('app-channel-address', text()),
  command: z.array(z.string()).optional(),
  containerImage: ignored(),
  containerImagePullPolicy: ignored(),
  createService: ignored(),
  unixDomainSocket: ignored(),
};

/**
 * A multi-app run file: every key that the Dapr CLI has or has had
 * (https://docs.dapr.io/developing-applications/local-development/multi-app-dapr-run/multi-app-template/ and
 * `RunConfig` in https://github.com/dapr/cli/blob/master/pkg/standalone/run.go), and no other.
 */
export const runFileSchema = z.strictObject({
  version: z.literal(1),
  name: z.string().optional(),
  common: z.strictObject(sharedKeys).default({}),
  apps: z.array(z.strictObject(appKeys)).min(1),
});

/** What may stand under `common`. */
export type SharedKeys = z.output<typeof runFileSchema>['common'];
/** What may stand in an app. */
export type AppKeys = z.output<typeof runFileSchema>['apps'][number];
/** A port's key. */
export type PortKey = keyof typeof portKeys;

/** The keys that are ports. */
export const PORT_KEYS = Object.keys(portKeys).filter((key): key is PortKey => key in portKeys);

/** daprd's flag for a key that is passed on to it. */
export const DAPRD_FLAGS: ReadonlyMap<string, string> = new Map(
  Object.entries(appKeys).flatMap(([key, schema]) => {
    const name = daprdFlag.get(schema)?.name;
    return name === undefined ? [] : [[key, name] as const];
  }),
);
