import { type FunctionDescription, functionsFolder, readFunctions } from '@app/function-manifest';
import {
  ConfigError,
  functionSettings,
  type RunnableFunction,
  readConfig,
  type ServerConfig,
  withSettings,
} from '@app/service-kit';
import { settings as edgeSettings, FULL_FUNCTIONS } from '@app/web-port/settings';
import { EDGE } from '../edge.js';
import { folderInImage } from '../image/image.js';
import { type App, readRunFile } from '../launch/run-file.js';
import { SetupError } from '../setup/errors.js';
import { type Memory, memoryOfEdge, memoryOfService } from './memory.js';
import { label, RENDERED, type Settings } from './settings.js';

/**
 * How long a service still answers when its pod is to end. The sidecars of its callers know a pod's address for up to 20 s
 * more; the edge's callers come by its Service, which knows at once, or by a proxy, which asks about it.
 */
const DRAIN_MS = { edge: 10_000, service: 30_000 };

/** How long a service may take to start. */
const START_SECONDS = 300;

/** … and for each function that it compiles, on one processor. Measured: 25 s. */
const COMPILE_SECONDS = 60;

/** Room for a function that it has compiled, module and code, in MiB. Measured: 3 to 10. */
const COMPILED_MIB = 64;

/** What daprd takes to end behind its app (5 s of its own), and some for the kubelet. */
const AFTER_APP_SECONDS = 7;

/** An app as it is on Kubernetes. */
export interface Plan {
  readonly id: string;
  readonly isEdge: boolean;
  readonly app: App;
  /** Where the image has the app's folder. */
  readonly workingDir: string;
  readonly command: readonly string[];
  readonly port: number;
  /** What the container's own environment says beside the settings of all. */
  readonly env: Readonly<Record<string, string>>;
  /** Room for what the service compiles itself, in MiB; `undefined` if it compiles nothing. */
  readonly compiledMib: number | undefined;
  /** Where service and sidecar send their spans, if anywhere. */
  readonly collector: URL | undefined;
  /** Longest time until it serves, in seconds. */
  readonly startSeconds: number;
  /** Time from SIGTERM to the end of app and sidecar, in seconds. */
  readonly graceSeconds: number;
  /** Processors. */
  readonly cpu: number;
  /** The container's limit, in MiB. */
  readonly memoryMib: number;
  readonly memory: Memory;
  readonly replicas: { readonly min: number; readonly max: number };
}

/** Everything that is rendered. */
export interface Plans {
  readonly apps: readonly Plan[];
  readonly settings: Settings;
}

/**
 * What each app of a run file is on Kubernetes.
 *
 * @param folder the folder of all functions
 * @throws SetupError if an app cannot be one, a function has no app, or a container has less memory than its instances take
 */
export async function planApps(
  runFile: string,
  settings: Settings,
  folder: string = functionsFolder,
): Promise<Plans> {
  const apps = await readRunFile(runFile);
  const { functions, problems } = await readFunctions(folder);
  const [problem] = problems;
  if (problem !== undefined) throw problem;
  requireApps(runFile, apps, functions, settings);
  const plans = apps.map((app) => {
    const own = functions.filter((each) => each.app === app.appID);
    return planOf(runFile, app, settings, app.appID === EDGE ? functions : own);
  });
  return { apps: plans, settings };
}

function planOf(
  runFile: string,
  app: App,
  settings: Settings,
  functions: readonly FunctionDescription[],
): Plan {
  const { appID: id, appPort: port, command } = app;
  if (port === undefined || command === undefined)
    throw new SetupError(
      `${runFile} gives the app ${id} no ${port === undefined ? 'appPort' : 'command'}: on Kubernetes it needs one.`,
    );
  const isEdge = id === EDGE;
  const own = settings.apps[id];
  const cpu = own?.cpu ?? settings.cpu;
  const usual = {
    ...without(app.env, RENDERED),
    DRAIN_MS: String(isEdge ? DRAIN_MS.edge : DRAIN_MS.service),
  };
  const env = { ...without(usual, Object.keys(settings.env)), ...own?.env };
  const {
    memory,
    endMs,
    collector,
    mayCompile = false,
  } = needsOf(id, { ...settings.env, ...env }, functions, cpu);
  return {
    id,
    isEdge,
    app,
    workingDir: folderInImage(app),
    command,
    port,
    env,
    collector,
    compiledMib: mayCompile ? functions.length * COMPILED_MIB : undefined,
    startSeconds: START_SECONDS + (mayCompile ? compileSeconds(functions.length, cpu) : 0),
    graceSeconds: Math.ceil(endMs / 1000) + AFTER_APP_SECONDS,
    cpu,
    memoryMib: fitting(id, own?.memory ?? memory.most, memory),
    memory,
    replicas: own?.replicas ?? settings.replicas,
  };
}

/** They are compiled one after the other, each on one processor or on less. */
function compileSeconds(functions: number, cpu: number): number {
  return Math.ceil((functions * COMPILE_SECONDS) / Math.min(1, cpu));
}

/** What an app takes, read from its environment as its service itself does. */
function needsOf(
  id: string,
  env: Readonly<Record<string, string>>,
  functions: readonly FunctionDescription[],
  cpu: number,
): { memory: Memory; endMs: number; collector: URL | undefined; mayCompile?: boolean } {
  const common = ({ DRAIN_MS, SHUTDOWN_MS, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }: ServerConfig) => ({
    endMs: DRAIN_MS + SHUTDOWN_MS,
    collector: endpoint === undefined ? undefined : new URL(endpoint),
  });
  try {
    if (id === EDGE) {
      const config = readConfig(edgeSettings, env);
      const requests = Math.min(FULL_FUNCTIONS, functions.length) * config.MAX_REQUESTS;
      const largest = Math.max(0, ...functions.map(({ limits }) => limits.inputBytes));
      return { memory: memoryOfEdge(requests, config.MAX_UPLOAD_BYTES ?? largest), ...common(config) };
    }
    const config = readConfig(functionSettings({ port: 0, appId: id }), env);
    const runnable = functions.map((each): RunnableFunction => withSettings(each, config, Math.ceil(cpu)));
    const mayCompile = config.COMPILE === 'start';
    return { memory: memoryOfService(runnable, { mayCompile }), mayCompile, ...common(config) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new SetupError(`The settings of ${id} are not usable. ${error.message}`, { cause: error });
  }
}

/** @throws SetupError if a container is to have less memory than it may take */
function fitting(id: string, given: number, { most, reasons }: Memory): number {
  if (given >= most) return given;
  throw new SetupError(
    `apps.${id}.memory is ${given}Mi, and its inputs may take ${most}Mi (${reasons.join('; ')}). Give it that, or fewer instances (cpu, INSTANCES), a shorter queue (QUEUE_LIMIT) or smaller limits (MEMORY_PAGES, MAX_UPLOAD_BYTES).`,
  );
}

function requireApps(
  runFile: string,
  apps: readonly App[],
  functions: readonly FunctionDescription[],
  settings: Settings,
): void {
  const ids = apps.map(({ appID }) => appID);
  if (!ids.includes(EDGE))
    throw new SetupError(`${runFile} has no app ${EDGE}, by which the others are reached.`);
  for (const id of ids)
    if (!label.safeParse(id).success)
      throw new SetupError(
        `${runFile} has the app ${id}, which is no name for Kubernetes: at most 63 small letters, digits and hyphens, the first and last no hyphen.`,
      );
  for (const { name, app } of functions)
    if (!ids.includes(app))
      throw new SetupError(
        `The function ${name} has the app ${app}, which ${runFile} does not have: add it there.`,
      );
  for (const id of Object.keys(settings.apps))
    if (!ids.includes(id))
      throw new SetupError(
        `apps.${id} is in the settings, and ${runFile} has no app ${id}: it has ${ids.join(', ')}.`,
      );
}

function without(env: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}
