import { z } from 'zod';

/** The environment does not configure the service; the message names each variable, its value and the remedy. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'ERR_CONFIG';
}

/** A whole number in decimal digits, within bounds. */
export function integer({ min, max }: { min: number; max: number }) {
  return z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));
}

/**
 * Settings that every service has.
 *
 * `PORT` is Dapr's `APP_PORT` where it is not set; `METRICS_PORT` is one more, for `/metrics` alone. `SHUTDOWN_MS` is the time that requests in work have after SIGTERM,
 * `DRAIN_MS` that before it in which requests are still taken. `TIMEOUT_MS`,
 * which bounds a request from its arrival to its answer, and `MAX_UPLOAD_BYTES` win over the limits of each function.
 * `OTEL_EXPORTER_OTLP_ENDPOINT` turns traces on; further variables of OpenTelemetry are read by its SDK alone.
 */
export function serverSettings({ port }: { port: number }) {
  return {
    HOST: z.string().min(1).default('127.0.0.1'),
    PORT: integer({ min: 0, max: 65_535 }).default(port),
    METRICS_PORT: integer({ min: 0, max: 65_535 }).optional(),
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    LOG_FORMAT: z.enum(['json', 'pretty']).default(process.stdout.isTTY ? 'pretty' : 'json'),
    TIMEOUT_MS: integer({ min: 1, max: 600_000 }).optional(),
    SHUTDOWN_MS: integer({ min: 1, max: 600_000 }).default(8000),
    DRAIN_MS: integer({ min: 0, max: 600_000 }).default(0),
    MAX_UPLOAD_BYTES: integer({ min: 1, max: 1024 ** 3 }).optional(),
    OTEL_EXPORTER_OTLP_ENDPOINT: z
      .url({
        protocol: /^https?$/,
        error: 'must be the address of a collector, such as http://127.0.0.1:4318',
      })
      .optional(),
    OTEL_EXPORTER_OTLP_PROTOCOL: z
      .literal('http/protobuf', { error: 'must be http/protobuf: services speak no other' })
      .optional(),
  };
}

/** The settings of `serverSettings`, read. */
export type ServerConfig = z.output<z.ZodObject<ReturnType<typeof serverSettings>>>;

/** Variables that Dapr sets under another name than ours, which wins. */
const DAPR_NAMES: Readonly<Record<string, string>> = { PORT: 'APP_PORT' };

/**
 * Reads settings from the environment, once, at start. A variable that is set to nothing counts as unset.
 *
 * @throws ConfigError when a variable is missing or has a value that the schema refuses
 */
export function readConfig<Shape extends z.ZodRawShape>(
  shape: Shape,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): z.output<z.ZodObject<Shape>> {
  const nameOf = (setting: string) => {
    const daprName = DAPR_NAMES[setting];
    return daprName !== undefined && !environment[setting] && environment[daprName] ? daprName : setting;
  };
  const given = Object.fromEntries(
    Object.keys(shape).map((setting) => [setting, environment[nameOf(setting)] || undefined]),
  );
  const result = z.object(shape).safeParse(given);
  if (result.success) return result.data;
  const lines = result.error.issues.map(({ path, message }) => {
    const setting = String(path[0]);
    const name = nameOf(setting);
    const value = given[setting];
    return value === undefined
      ? `${name} is not set: ${message}`
      : `${name}=${JSON.stringify(value)}: ${message}`;
  });
  throw new ConfigError(`The environment is not usable:\n  ${lines.join('\n  ')}`, { cause: result.error });
}
