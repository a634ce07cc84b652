import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

/** The settings of `serverSettings` that say how to log. */
export interface LogSettings {
  readonly LOG_LEVEL: string;
  readonly LOG_FORMAT: 'json' | 'pretty';
}

/** A logger that writes to stdout: JSON, a line an event, or lines for a person. */
export function createLogger(service: string, { LOG_LEVEL, LOG_FORMAT }: LogSettings): Logger {
  const options = { name: service, level: LOG_LEVEL };
  if (LOG_FORMAT === 'json') return pino(options);
  return pino(options, pretty({ ignore: 'pid,hostname', sync: true }));
}
