import {
  type FunctionDescription,
  type ManifestError,
  readFunctions,
  SHARED_APP,
} from '@app/function-manifest';
import { type FunctionPool, findRuntime } from '@app/wasmedge-node';
import type { Logger } from 'pino';
import { ConfigError } from '../process/config.js';
import { openFunction } from './pool.js';
import { type FunctionConfig, type RunnableFunction, withSettings } from './settings.js';

/** The functions of a service. */
export interface OpenFunctions {
  /** Those that it serves, by name. */
  readonly served: ReadonlyMap<
    string,
    { readonly description: RunnableFunction; readonly pool: FunctionPool }
  >;
  /** Those that it cannot serve, by name, with what may be told of why: no path of the host. */
  readonly unserved: ReadonlyMap<string, string>;
  /** Ends the instances of all, once what they have in work is answered. */
  readonly close: () => Promise<void>;
}

/** What may be told of why a function cannot be served, by the code of the error. */
const REASONS: Readonly<Record<string, string>> = {
  ERR_FUNCTION_MANIFEST: 'Its function.yaml is wrong.',
  ERR_COMPILED_MISSING: 'It is not built: run `npm run setup`.',
  ERR_COMPILED_STALE: 'It was built from something else, or for another machine: run `npm run setup`.',
  ERR_FUNCTION_IMPORTS: 'It imports what a function may not have.',
  ERR_FUNCTION_SANDBOX: 'The kernel does not hold it in its sandbox.',
};

/**
 * Reads which functions are this service's: those whose `app` is `APP_ID`. What is wrong with a manifest, whose app nobody
 * knows then, is told by the service of the shared app.
 *
 * @throws ConfigError if there are none, or `FUNCTION` is set for more than one
 */
export async function readOwnFunctions(
  config: FunctionConfig,
): Promise<{ functions: FunctionDescription[]; problems: ManifestError[] }> {
  const read = await readFunctions();
  const functions = read.functions.filter(({ app }) => app === config.APP_ID);
  const problems = config.APP_ID === SHARED_APP || functions.length === 0 ? read.problems : [];
  if (functions.length === 0) {
    const told = problems.map(({ message }) => `\n  ${message}`).join('');
    throw new ConfigError(
      `No function can be served: none has \`app: ${config.APP_ID}\` in its function.yaml.${told}`,
    );
  }
  if (config.FUNCTION !== undefined && functions.length > 1) {
    const names = functions.map(({ name }) => name).join(', ');
    throw new ConfigError(
      `FUNCTION=${config.FUNCTION} is for an app of one function, and ${config.APP_ID} has ${names}. Unset it.`,
    );
  }
  return { functions, problems };
}

/**
 * Opens the pools of a service's functions side by side, and waits until the first instance of each is ready. One that
 * cannot be served is told in the log, and keeps no other back.
 *
 * @throws ConfigError, or the one function's own error, when none can be served
 */
export async function openFunctions(
  { functions, problems }: Awaited<ReturnType<typeof readOwnFunctions>>,
  config: FunctionConfig,
  logger: Logger,
): Promise<OpenFunctions> {
  const descriptions = functions.map((manifest) => withSettings(manifest, config));
  // Its failure is that of each function.
  const runtime = findRuntime(config.WASMEDGE, config.WASMEDGE_PLUGIN_PATH);
  const openings = await Promise.allSettled(
    descriptions.map((description) =>
      openFunction(description, config, logger.child({ function: description.name }), runtime),
    ),
  );
  const served = new Map<string, { description: RunnableFunction; pool: FunctionPool }>();
  const failures = new Map<string, unknown>(problems.map((problem) => [problem.function, problem]));
  for (const [index, description] of descriptions.entries()) {
    const opening = openings[index];
    if (opening?.status === 'fulfilled') served.set(description.name, { description, pool: opening.value });
    else failures.set(description.name, opening?.reason);
  }
  if (served.size === 0) throw noneServed(failures);
  for (const [name, err] of failures) logger.error({ function: name, err }, 'function not served');
  const unserved = new Map([...failures].map(([name, error]) => [name, reasonOf(error)]));
  const close = async () => {
    await Promise.all([...served.values()].map(({ pool }) => pool.close()));
  };
  return { served, unserved, close };
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
