import {
  type FunctionDescription,
  functionsFolder,
  type ManifestError,
  readFunctions,
  SHARED_APP,
  versionOf,
} from '@app/function-manifest';
import { type FunctionPool, findRuntime, type Optimisation, type Runtime } from '@app/wasmedge-node';
import type { Logger } from 'pino';
import { ConfigError } from '../process/config.js';
import { openFunction } from './pool.js';
import { type FunctionConfig, type RunnableFunction, withSettings } from './settings.js';

/** A function that a service answers by. */
export interface ServedFunction {
  readonly description: RunnableFunction;
  readonly pool: FunctionPool;
  /** How much its code is optimised. */
  readonly optimisation: Optimisation;
  /** As `versionOf` of function-manifest has it. */
  readonly version: string;
}

/** What functions are opened with. */
interface Options {
  readonly config: FunctionConfig;
  readonly logger: Logger;
  /** Changes what the manifest of a function says. */
  readonly adapt?: (description: FunctionDescription) => FunctionDescription;
}

/** What may be told of why a function cannot be served, by the code of the error. */
const REASONS: Readonly<Record<string, string>> = {
  ERR_FUNCTION_MANIFEST: 'Its function.yaml is wrong.',
  ERR_COMPILED_MISSING: 'It is not built: run `npm run setup`.',
  ERR_COMPILED_STALE: 'It was built from something else: run `npm run setup`.',
  ERR_COMPILED_CPU:
    'It was compiled for a processor that has more than this one: compile it for a lower level (`npm run setup -- --cpu`), or set COMPILE=start.',
  ERR_COMPILE_FAILED: 'It could not be compiled anew for this processor.',
  ERR_FUNCTION_IMPORTS: 'It imports what a function may not have.',
  ERR_FUNCTION_SANDBOX: 'The kernel does not hold it in its sandbox.',
};

/** The functions of a service: those whose `app` is `APP_ID`. One that cannot be served is told in the log, and keeps no other back. */
export class OwnFunctions {
  /** Those that it serves, by name. */
  readonly served = new Map<string, ServedFunction>();
  /** Those that it cannot serve, by name, with what may be told of why: no path of the host. */
  readonly unserved = new Map<string, string>();
  /** The version of each that was opened last, or could not be. */
  readonly tried = new Map<string, string>();
  readonly #options: Options;
  readonly #runtime: Promise<Runtime>;
  readonly #replaced = new Set<Promise<void>>();
  #reading: Promise<void> = Promise.resolve();

  private constructor(options: Options) {
    this.#options = options;
    const { WASMEDGE, WASMEDGE_PLUGIN_PATH } = options.config;
    this.#runtime = findRuntime(WASMEDGE, WASMEDGE_PLUGIN_PATH);
    this.#runtime.catch(() => {}); // Its failure is that of each function.
  }

  /**
   * Opens the pools of a service's functions side by side, and waits until the first instance of each is ready.
   *
   * @throws ConfigError, or the one function's own error, when none can be served
   * @throws ConfigError if `FUNCTION` is set for more than one
   */
  static async open(options: Options): Promise<OwnFunctions> {
    const read = await readOwnFunctions(options.config);
    if (read.functions.length === 0) {
      const told = read.problems.map(({ message }) => `\n  ${message}`).join('');
      throw new ConfigError(
        `No function can be served: none has \`app: ${options.config.APP_ID}\` in its function.yaml.${told}`,
      );
    }
    const own = new OwnFunctions(options);
    const failures = await own.#open(read);
    if (own.served.size === 0) throw noneServed(failures);
    own.#tell(failures);
    return own;
  }

  /**
   * Reads the functions again: opens those that are new or another version, and closes those that are gone or replaced
   * once what they have in work is answered. One whose new version cannot be served is served as it was.
   */
  reload(): Promise<void> {
    this.#reading = this.#reading.then(async () => {
      try {
        const read = await readOwnFunctions(this.#options.config);
        this.#tell(await this.#open(read));
        const known = [
          ...read.functions.map(({ name }) => name),
          ...read.problems.map((each) => each.function),
        ];
        for (const [name, { pool }] of this.served) {
          if (known.includes(name)) continue;
          this.served.delete(name);
          this.tried.delete(name);
          this.#close(pool);
          this.#options.logger.info({ function: name }, 'function gone');
        }
      } catch (err) {
        this.#options.logger.error({ err }, 'the functions cannot be read again');
      }
    });
    return this.#reading;
  }

  /** Ends the instances of all, once what they have in work is answered. */
  async close(): Promise<void> {
    await this.#reading;
    await Promise.all([...this.#replaced, ...[...this.served.values()].map(({ pool }) => pool.close())]);
  }

  /** @returns why those that could not be opened could not */
  async #open({ functions, problems }: Awaited<ReturnType<typeof readOwnFunctions>>) {
    const { config, logger, adapt = (described) => described } = this.#options;
    const failures = new Map<string, unknown>(problems.map((problem) => [problem.function, problem]));
    await Promise.all(
      functions.map(async (described) => {
        const { name } = described;
        const version = await versionOf(described);
        const old = this.served.get(name);
        if (old?.version === version) return;
        try {
          const description = withSettings(adapt(described), config);
          const ownLogger = logger.child({ function: name });
          const opened = await openFunction(description, config, ownLogger, this.#runtime);
          this.served.set(name, { ...opened, description, version });
          if (old !== undefined) this.#close(old.pool);
        } catch (error) {
          failures.set(name, error);
        }
        this.tried.set(name, version);
      }),
    );
    // By name, whichever was ready first.
    const sorted = [...this.served].sort(([a], [b]) => (a < b ? -1 : 1));
    this.served.clear();
    for (const [name, each] of sorted) this.served.set(name, each);
    return failures;
  }

  #tell(failures: ReadonlyMap<string, unknown>): void {
    this.unserved.clear();
    for (const [name, err] of failures) {
      const isServed = this.served.has(name);
      const message = isServed ? 'function served as it was: what is new cannot be' : 'function not served';
      this.#options.logger.error({ function: name, err }, message);
      if (!isServed) this.unserved.set(name, reasonOf(err));
    }
  }

  #close(pool: FunctionPool): void {
    const closed = pool.close().finally(() => this.#replaced.delete(closed));
    this.#replaced.add(closed);
  }
}

/**
 * Reads which functions are a service's. What is wrong with a manifest, whose app nobody knows then, is told by the service
 * of the shared app.
 *
 * @throws ConfigError if `FUNCTION` is set for more than one
 */
async function readOwnFunctions(
  config: FunctionConfig,
): Promise<{ functions: FunctionDescription[]; problems: ManifestError[] }> {
  const read = await readFunctions(functionsFolder, { sources: false });
  const functions = read.functions.filter(({ app }) => app === config.APP_ID);
  if (config.FUNCTION !== undefined && functions.length > 1) {
    const names = functions.map(({ name }) => name).join(', ');
    throw new ConfigError(
      `FUNCTION=${config.FUNCTION} is for an app of one function, and ${config.APP_ID} has ${names}. Unset it.`,
    );
  }
  const problems = config.APP_ID === SHARED_APP || functions.length === 0 ? read.problems : [];
  return { functions, problems };
}

function noneServed(failures: ReadonlyMap<string, unknown>): unknown {
  const [first] = failures.values();
  if (failures.size === 1) return first;
  const lines = [...failures].map(
    ([name, error]) => `  ${name}: ${error instanceof Error ? error.message : error}`,
  );
  return new ConfigError(`No function can be served:\n${lines.join('\n')}`, { cause: first });
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return `${REASONS[code] ?? 'It does not start.'} The log says more.`;
}
