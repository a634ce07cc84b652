import type { Logger } from 'pino';
import type { OpenTelemetry } from './open-telemetry.js';

/** The settings of `serverSettings` that say whether there are traces, and how long the last spans may take. */
export interface TraceSettings {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  readonly SHUTDOWN_MS: number;
}

/** Makes spans of requests and of what is done for them. */
export type { OpenTelemetry as Traces } from './open-telemetry.js';

/**
 * The traces of a service; `undefined` where no collector is set: OpenTelemetry is not even loaded then, and who makes spans
 * has none to make.
 */
export async function openTraces(
  service: string,
  config: TraceSettings,
  logger: Logger,
): Promise<OpenTelemetry | undefined> {
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return undefined;
  const { OpenTelemetry } = await import('./open-telemetry.js');
  return new OpenTelemetry(service, config, logger);
}
