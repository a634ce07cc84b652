import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { fromUser, parts, root } from '../paths.js';
import { userEnvironment } from '../user-environment.js';
import { LaunchError } from './errors.js';
import { type Launched, launch, type PortOverrides } from './launch.js';
import type { Shown } from './output.js';
import { ownTraceEnvironment, traceEnvironment } from './traces.js';

/** A signal within this time of the first one counts as the same: npm passes on what the terminal has sent already. */
const SAME_SIGNAL_MS = 500;

interface Options {
  file: string;
  daprd?: string;
  port: AppPorts;
  daprHttpPort: AppPorts;
  freePorts?: true;
  secure?: true;
  traces?: true;
  verbose?: true;
  readyTimeout: number;
}
type AppPorts = Record<string, number>;

/** A command that does more than `npm start` with what runs. */
interface Extended {
  readonly name: string;
  readonly description: string;
  /** Called when all serves; apps can be replaced. The signal aborts when all is to stop. */
  readonly begin: (launched: Launched, file: string, signal: AbortSignal) => Promise<void>;
}

/**
 * Makes what the command needs, and what of that only its options ask for.
 *
 * @returns what is added to the environment of every app
 */
export type Prepare = (asked: { traces: boolean }) => Promise<Readonly<Record<string, string>>>;

/**
 * `npm start`: starts the apps of dapr.yaml, says where the page is, and stops everything on Ctrl-C.
 *
 * @param args the command line after the program's name
 * @param prepare called once the options are read
 * @param extended the command that is run in place of `npm start`
 */
export async function main(
  args: string[] = process.argv.slice(2),
  prepare: Prepare = async () => ({}),
  extended?: Extended,
): Promise<void> {
  const command = new Command(extended?.name ?? 'npm start --')
    .description(
      extended?.description ??
        'Starts every app of a Dapr multi-app run file with its own daprd, and stops them on Ctrl-C.',
    )
    .option('-f, --file <path>', 'the run file, or the folder of its dapr.yaml', path.join(root, 'dapr.yaml'))
    .option(
      '--daprd <path>',
      "the daprd to use, as DAPRD does; the run file's runtimePath comes before it (default: set-up's)",
    )
    .option('-p, --port <app=port>', "another port than the run file's appPort", appPort, {})
    .option('--dapr-http-port <app=port>', "another port than the run file's daprHTTPPort", appPort, {})
    .addOption(
      new Option('--free-ports', 'any free ports: they are printed').conflicts(['port', 'daprHttpPort']),
    )
    .option('--secure', 'make API tokens: sidecars and image services refuse calls without them')
    .option('--traces', 'bring up a collector, and say where it shows where the time of requests goes')
    .option('--verbose', 'show all that apps and sidecars log, in place of a line a request and errors')
    .option('--ready-timeout <seconds>', 'longest that one process may take to serve', positiveNumber, 60);
  await command.parseAsync(args, { from: 'user' });
  const options = command.opts<Options>();
  // For set-up, too, which then looks at its version and makes none.
  if (options.daprd !== undefined) process.env.DAPRD = options.daprd;
  await run(options, await prepare({ traces: options.traces ?? false }), extended);
}

async function run(
  options: Options,
  env: Readonly<Record<string, string>>,
  extended: Extended | undefined,
): Promise<void> {
  const startedAt = performance.now();
  const interrupted = new AbortController();
  const logging = loggingOf(options);
  try {
    const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL } = process.env;
    const collector = options.traces ? await collectorOf(options) : undefined;
    const launched = launch({
      file: fromUser(options.file),
      daprd: userEnvironment().DAPRD || parts.daprd,
      ports: options.freePorts ? 'free' : portOverrides(options),
      env: {
        ...env,
        ...logging.env,
        ...(collector === undefined
          ? traceEnvironment(OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL)
          : ownTraceEnvironment(collector.endpoint)),
        ...(options.secure ? apiTokens() : {}),
      },
      collector: collector?.process,
      shown: logging.shown,
      verbose: options.verbose ?? false,
      areReplaceable: extended !== undefined,
      readyTimeoutMs: options.readyTimeout * 1000,
      signal: interrupted.signal,
    });
    onSignals(interrupted);
    const { apps, done } = await launched;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    for (const [id, app] of apps) console.log(`  ${id}: ${app.url ?? 'no port'}, sidecar ${app.daprUrl}`);
    const url = [...apps.values()].find((app) => app.url !== undefined)?.url;
    const page = url === undefined ? '' : `: ${url.replace('//127.0.0.1:', '//localhost:')}/`;
    const traces = collector === undefined ? '' : `\nTraces: ${collector.page}`;
    console.log(`\nReady in ${seconds} s${page}  (Ctrl-C stops)${traces}\n`);
    await extended?.begin(await launched, fromUser(options.file), interrupted.signal);
    await done;
  } catch (error) {
    if (interrupted.signal.aborted) return;
    if (!(error instanceof LaunchError)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}

/** Read only where it is asked for, as its set-up is. */
async function collectorOf(options: Options) {
  const { collectorOf } = await import('./collector.js');
  return collectorOf(options.freePorts ?? false);
}

/** The first signal stops in order, the second one at once (what runs ends with this process); so does a terminal or a pipe that went away. */
function onSignals(interrupted: AbortController): void {
  let firstAt = 0;
  const onSignal = (name: string) => {
    if (interrupted.signal.aborted) {
      if (performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    firstAt = performance.now();
    console.log(`\n${name}: stopping (again to stop at once)`);
    interrupted.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  // In place of bootstrap.mjs's, which would leave all that runs.
  for (const stream of [process.stdout, process.stderr])
    stream.removeAllListeners('error').on('error', ({ code }: NodeJS.ErrnoException) => {
      // What a full disk has no room for is lost; that alone stops nothing.
      if (code !== 'ENOSPC') interrupted.abort();
    });
}

function portOverrides({ port, daprHttpPort }: Options): PortOverrides {
  const ids = new Set([...Object.keys(port), ...Object.keys(daprHttpPort)]);
  return Object.fromEntries(
    [...ids].map((id) => [
      id,
      {
        ...(port[id] !== undefined && { appPort: port[id] }),
        ...(daprHttpPort[id] !== undefined && { daprHTTPPort: daprHttpPort[id] }),
      },
    ]),
  );
}

/**
 * LOG_FORMAT and LOG_LEVEL mean what they mean to a service (docs/settings.md), but that services write to the launcher as
 * JSON even what a person is to read: it makes one line of what several of them say.
 */
function loggingOf({ verbose }: Options): { env: Record<string, string>; shown: Shown } {
  const format = process.env.LOG_FORMAT || (process.stdout.isTTY ? 'pretty' : 'json');
  const hasAll = ['debug', 'trace'].includes(process.env.LOG_LEVEL ?? '');
  const isPretty = format === 'pretty';
  return {
    env: { ...(isPretty && { LOG_FORMAT: 'json' }), ...(verbose && !hasAll && { LOG_LEVEL: 'debug' }) },
    shown: isPretty ? (verbose || hasAll ? 'all' : 'brief') : 'raw',
  };
}

/** https://docs.dapr.io/operations/security/api-token/ and …/app-api-token/; tokens that are already set are kept. */
function apiTokens(): Record<string, string> {
  const token = () => randomBytes(32).toString('hex');
  return {
    DAPR_API_TOKEN: process.env.DAPR_API_TOKEN ?? token(),
    APP_API_TOKEN: process.env.APP_API_TOKEN ?? token(),
  };
}

function appPort(value: string, previous: AppPorts): AppPorts {
  const [, id, digits] = /^([^=]+)=(\d{1,5})$/.exec(value) ?? [];
  const port = Number(digits);
  if (id === undefined || !(port >= 1 && port <= 65535)) {
    throw new InvalidArgumentError('Give an app id and a port from 1 to 65535, as in web-port=8081.');
  }
  return { ...previous, [id]: port };
}

function positiveNumber(value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new InvalidArgumentError('Give a number above 0.');
  return number;
}

// Node knows a module by its real path, be it started through a link.
const [, started] = process.argv;
if (started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url)) await main();
