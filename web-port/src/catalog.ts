import {
  type FunctionDescription,
  functionsFolder,
  type ManifestError,
  readFunctions,
} from '@app/function-manifest';
import { Problem } from '@app/service-kit';
import type { Logger } from 'pino';

/** How long the manifests that were read count as those that are there, in ms. */
const FRESH_MS = 1000;

/** The article's names of two functions. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['rs', 'grayscale'],
  ['go', 'classify'],
]);

/** The function of a request that names none. */
const DEFAULT = 'grayscale';

/** Which functions there are, as their folders say: they come and go while this service runs. */
export class Catalog {
  readonly #logger: Logger;
  readonly #read: typeof readFunctions;
  #functions: ReadonlyMap<string, FunctionDescription> = new Map();
  #problems: ReadonlyMap<string, ManifestError> = new Map();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #told = '';

  constructor(logger: Logger, read: typeof readFunctions = readFunctions) {
    this.#logger = logger;
    this.#read = read;
  }

  /**
   * Reads the manifests again if what is known of them is older than a second. If that fails, what was known stays, and
   * the log says so.
   */
  async refresh(): Promise<void> {
    if (performance.now() - this.#readAt < FRESH_MS) return;
    this.#reading ??= this.#readAll().finally(() => {
      this.#readAt = performance.now();
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #readAll(): Promise<void> {
    try {
      const { functions, problems } = await this.#read(functionsFolder, { sources: false });
      const before = this.#functions;
      // As its service does: one whose manifest went wrong is served as it was.
      const kept = problems.flatMap((each) => before.get(each.function) ?? []);
      this.#functions = new Map([...functions, ...kept].map((each) => [each.name, each]));
      this.#problems = new Map(
        problems.filter((each) => !before.has(each.function)).map((each) => [each.function, each]),
      );
      const messages = problems.map(({ message }) => message);
      this.#tell(messages, () => this.#logger.error({ messages }, 'functions that cannot be used'));
    } catch (err) {
      this.#tell([String(err)], () => this.#logger.error({ err }, 'the functions cannot be read again'));
    }
  }

  /** Logs what is wrong when that changes, not each second. */
  #tell(messages: readonly string[], log: () => void): void {
    const told = messages.join('\n');
    if (told !== this.#told && told !== '') log();
    this.#told = told;
  }

  /** All functions that can be used. */
  get functions(): Iterable<FunctionDescription> {
    return this.#functions.values();
  }

  /**
   * The function that a header `api` names, by its name or the article's; `grayscale` without one.
   *
   * @throws Problem 400 for a value that names no function, 503 for one whose manifest is wrong
   */
  find(api: string = DEFAULT): FunctionDescription {
    const name = ALIASES.get(api) ?? api;
    const found = this.#functions.get(name);
    if (found !== undefined) return found;
    const problem = this.#problems.get(name);
    if (problem !== undefined)
      throw new Problem(
        503,
        'ERR_FUNCTION_UNAVAILABLE',
        `The function ${name} cannot be used: ${withoutHost(problem)}`,
      );
    throw new Problem(
      400,
      'ERR_API',
      `The header api: ${JSON.stringify(api)} names no function. Use one of ${this.#names().join(', ') || 'those that there will be: there is none yet'}.`,
    );
  }

  /** The names by which functions can be asked for, each with its alias behind it. */
  #names(): string[] {
    return [...this.#functions.keys()].flatMap((name) => [
      name,
      ...[...ALIASES].flatMap(([alias, of]) => (of === name ? [alias] : [])),
    ]);
  }

  /** What `GET /api/functions` answers: all functions by name, those that cannot be used too. */
  list(maxBytesOf: (description: FunctionDescription) => number) {
    const usable = [...this.#functions.values()].map((description) => {
      const { name, title, accepts, returns = null, app } = description;
      const maxBytes = maxBytesOf(description);
      return { name, title, accepts, returns, maxBytes, app, available: true };
    });
    const others = [...this.#problems.values()].map((problem) => {
      const { function: name } = problem;
      const unknown = { accepts: [], returns: null, maxBytes: 0, app: null };
      return { name, title: name, ...unknown, available: false, problem: withoutHost(problem) };
    });
    return [...usable, ...others].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** What is wrong with a manifest, without the path of its folder on this host. */
function withoutHost({ message }: ManifestError): string {
  return message.replaceAll(`${functionsFolder}/`, '');
}
