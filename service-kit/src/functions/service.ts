import type { Express, Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { isLoopback, requireAppToken, requireLoopbackHost, requireOrigin } from '../http/access.js';
import { Admission } from '../http/admission.js';
import { allowMethods, createApp, type Health } from '../http/app.js';
import { type Input, readInput } from '../http/body.js';
import { ANSWER_LENGTH_HEADER, CODE_HEADER, type Deadline, deadlineOf } from '../http/deadline.js';
import { Metrics } from '../http/metrics.js';
import { Problem } from '../http/problem.js';
import { noteFunction } from '../http/request-log.js';
import type { ImageHeader } from '../pictures/header.js';
import { STDERR_MESSAGE } from '../process/messages.js';
import type { Traces } from '../traces/traces.js';
import { checkInput, takesPicturesAlone, typeOfAnswer } from './media-types.js';
import type { OwnFunctions, ServedFunction } from './own-functions.js';
import { NO_SANDBOX } from './pool.js';
import { runWithSpans } from './run-spans.js';
import type { FunctionConfig, RunnableFunction } from './settings.js';

/** Requests of all functions of a service at once, unless one alone may have more. */
const MAX_REQUESTS = 256;

/** Longest time of a request where there is no function, in ms. */
const DEFAULT_TIMEOUT_MS = 30_000;

/** One request to a function. */
export interface FunctionRequest {
  readonly request: Request;
  readonly response: Response;
  readonly input: Buffer;
  /** What the header of a picture says, where the function takes pictures. */
  readonly picture: ImageHeader | undefined;
  readonly deadline: Deadline;
  /** Runs the function on `input`, within the request's deadline. */
  readonly run: (input: Uint8Array) => Promise<Buffer>;
}

/** A service that answers by functions. */
export interface FunctionServiceParts {
  readonly functions: OwnFunctions;
  readonly config: FunctionConfig;
  readonly logger: Logger;
  readonly traces?: Traces | undefined;
  /** Further addresses of functions: path to name. */
  readonly paths?: Readonly<Record<string, string>>;
  /** What answers in place of a function's result as it is, if anything; what that throws is answered as a problem. */
  readonly answerOf?: (description: RunnableFunction) => Answer | undefined;
}

/** Answers a request to a function. */
export type Answer = (request: FunctionRequest) => Promise<void>;

/**
 * The app of a service that answers by functions: `POST /functions/<name>`, `GET /` and `GET /healthz`; open to web pages
 * of any origin, as the original is, unless `CORS_ORIGINS` says otherwise.
 */
export function createFunctionService(parts: FunctionServiceParts) {
  const { config, logger, traces, functions, paths = {}, answerOf } = parts;
  const { served } = functions;
  const descriptions = () => [...served.values()].map(({ description }) => description);
  const admission = new Admission(Math.max(MAX_REQUESTS, ...descriptions().map(placesOf)));
  const authorize = requireAppToken(config.APP_API_TOKEN);
  const handlerOf =
    (nameIn: (request: Request) => string): RequestHandler =>
    async (request, response) => {
      const name = nameIn(request);
      const found = served.get(name);
      if (found === undefined) throw notServed(name, parts);
      noteFunction(response, name);
      await admission.enter(response, { name, limit: placesOf(found.description) });
      const answer = answerOf?.(found.description);
      const current = () => served.get(name) ?? found;
      await serve(current, parts, { request, response, ...(answer !== undefined && { answer }) });
    };
  const metrics = new Metrics(() => [...served].map(([name, { pool }]) => [name, pool]));
  const app = createApp({
    logger,
    traces,
    metrics,
    health: () => healthOf(parts, admission),
    routes: (app) => {
      if (isLoopback(config.HOST) && !config.CORS_ORIGINS.includes('*')) app.use(requireLoopbackHost);
      app.get('/', (_request, response) => {
        const addresses = [...Object.keys(paths), ...[...served.keys()].map((name) => `/functions/${name}`)];
        response.type('text').send(addresses.map((address) => `POST ${address}\n`).join(''));
      });
      for (const [path, name] of Object.entries(paths)) addRoute(app, path, () => name);
      addRoute(app, '/functions/:name', ({ params }) => String(params.name));
    },
  });
  function addRoute(app: Express, path: string, nameIn: (request: Request) => string): void {
    const route = app.route(path).all(requireOrigin(config.CORS_ORIGINS));
    route.post(authorize, handlerOf(nameIn));
    route.all(allowMethods('POST'));
  }
  return {
    app,
    admission,
    metrics,
    traces,
    timeoutMs: () =>
      served.size === 0
        ? DEFAULT_TIMEOUT_MS
        : Math.max(...descriptions().map(({ limits }) => limits.timeoutMs)),
    reload: () => functions.reload(),
    close: () => functions.close(),
  };
}

/** As many requests as are in work or wait for it. */
function placesOf({ instances, queue }: RunnableFunction): number {
  return instances + queue;
}

/**
 * Reads and checks an input, and has it answered.
 *
 * @param current the function as it is at the moment: while an input is read, another version may come
 */
async function serve(
  current: () => ServedFunction,
  { traces, config }: FunctionServiceParts,
  {
    request,
    response,
    answer = (request) => answerResult(request, current().description.returns),
  }: { request: Request; response: Response; answer?: Answer },
): Promise<void> {
  const { description, optimisation } = current();
  if (optimisation === 'light') response.setHeader(CODE_HEADER, 'lightly-optimised');
  const { limits, name } = description;
  const deadline = deadlineOf(request, response, limits.timeoutMs);
  const { signal } = deadline;
  const kind = takesPicturesAlone(description) ? 'picture' : 'input';
  const input: Input = await readInput(request, response, { limit: limits.inputBytes, signal, kind });
  const picture = checkInput(description, input);
  const run = async (input: Uint8Array) => {
    const start = performance.now();
    const log = (line: string) => request.log.warn({ function: name, line }, STDERR_MESSAGE);
    const { pool } = current();
    const options = { signal, log };
    const output = await (traces === undefined
      ? pool.run(input, options)
      : runWithSpans(traces, input, { pool, options, response, name, sandbox: config.INSTANCE_KIND }));
    noteFunction(response, name, performance.now() - start);
    return output;
  };
  await answer({ request, response, input: input.bytes, picture, deadline, run });
}

/** Answers a function's result as it is, with its type and length. */
async function answerResult(
  { response, input, run }: FunctionRequest,
  returns: string | undefined,
): Promise<void> {
  const result = await run(input);
  response.setHeader('Content-Type', returns ?? (await typeOfAnswer(result)));
  response.setHeader(ANSWER_LENGTH_HEADER, result.length);
  response.send(result);
}

function notServed(name: string, { functions, config }: FunctionServiceParts): Problem {
  const { served, unserved } = functions;
  const why = unserved.get(name);
  if (why !== undefined)
    return new Problem(503, 'ERR_FUNCTION_UNAVAILABLE', `The function ${name} cannot be served: ${why}`);
  const names = [...served.keys()].join(', ');
  return new Problem(
    404,
    'ERR_NOT_FOUND',
    `There is no function ${JSON.stringify(name)} in ${config.APP_ID}, which serves ${names || 'none'}. One that is new is served when its service is started again, or told to read them again by SIGUSR2.`,
  );
}

function healthOf({ functions, config }: FunctionServiceParts, admission: Admission): Health {
  const { served, unserved, tried } = functions;
  const states = [...served].map(([name, { pool }]): [string, string] => [
    name,
    pool.healthy ? 'ready' : 'It cannot be run right now; the log says why.',
  ]);
  const ok = admission.open && states.some(([, state]) => state === 'ready');
  const sandbox = config.INSTANCE_KIND === 'process' ? { sandbox: NO_SANDBOX } : {};
  const versions = [...tried].map(([name, version]) => [
    name,
    { served: served.get(name)?.version ?? null, tried: version },
  ]);
  return {
    ok,
    facts: {
      functions: Object.fromEntries([...states, ...unserved]),
      versions: Object.fromEntries(versions),
      ...sandbox,
    },
  };
}
