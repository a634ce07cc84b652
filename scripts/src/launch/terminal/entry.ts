import { REQUEST_MESSAGE, STDERR_MESSAGE } from '@app/service-kit/messages';
import { z } from 'zod';

/** pino's levels: https://github.com/pinojs/pino/blob/main/docs/api.md#loggerlevels-object */
export const LEVELS = { debug: 20, info: 30, warning: 40, error: 50, fatal: 60 } as const;

const errorEntry = z.looseObject({
  message: z.string(),
  code: z.string().optional(),
  stack: z.string().optional(),
});

/** What the log of a service says in a line (service-kit/src/http/request-log.ts has the lines of requests). */
const serviceEntry = z.looseObject({
  level: z.number(),
  msg: z.string().default(''),
  traceId: z.string().optional(),
  err: errorEntry.optional(),
  /** Of a request's line alone. */
  status: z.number().optional(),
  method: z.string().optional(),
  path: z.string().optional(),
  ms: z.number().optional(),
  callerApp: z.string().optional(),
  function: z.string().optional(),
  functionMs: z.number().optional(),
  /** What a function wrote to stderr. */
  line: z.string().optional(),
});

export type Entry = z.output<typeof serviceEntry>;

/** Whose log a line is of. */
export type Source = 'app' | 'daprd';

/** Whether it is a request's line, as all services log it. */
export function isRequest({ msg, status }: Entry): boolean {
  return msg === REQUEST_MESSAGE && status !== undefined;
}

/** Whether it is what a function wrote to stderr. */
export function isStderr({ msg, line }: Entry): boolean {
  return msg === STDERR_MESSAGE && line !== undefined;
}

/** What a line says, if it is one of a service's log as JSON, or of daprd's; else `undefined`. */
export function entryOf(line: string): { readonly from: Source; readonly entry: Entry } | undefined {
  const from = line.startsWith('{') ? 'app' : 'daprd';
  const entry = from === 'app' ? serviceEntry.safeParse(parseJson(line)).data : daprdEntry(line);
  return entry && { from, entry };
}

// logrus' text, as in: time="…" level=warning msg="mTLS is \"off\"" app_id=web-port scope=dapr.runtime
const DAPRD = /^time="[^"]*" level=(debug|info|warning|error|fatal) msg=(?:"((?:\\.|[^"\\])*)"|(\S*))/;

function daprdEntry(line: string): Entry | undefined {
  const [, level, quoted, bare = ''] = DAPRD.exec(line) ?? [];
  if (level === undefined || !isLevel(level)) return undefined;
  return { level: LEVELS[level], msg: quoted?.replace(/\\(["\\])/g, '$1') ?? bare };
}

function isLevel(name: string): name is keyof typeof LEVELS {
  return name in LEVELS;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
