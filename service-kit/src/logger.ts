import { writeSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';

/** The settings of `serverSettings` that say how to log. */
export interface LogSettings {
  readonly LOG_LEVEL: string;
  readonly LOG_FORMAT: 'json' | 'pretty';
}

/** A logger that writes to stdout: JSON, a line an event, or lines for a person. */
export function createLogger(service: string, { LOG_LEVEL, LOG_FORMAT }: LogSettings): Logger {
  const options = { name: service, level: LOG_LEVEL };
  const pretty = prettyFactory({ ignore: 'pid,hostname' });
  return pino(options, {
    write: (line) => print(LOG_FORMAT === 'json' ? line : String(pretty(line))),
  });
}

/** Writes to stdout. A line for which the disk behind it has no room is lost: it must not end the service. */
function print(line: string): void {
  try {
    writeSync(1, line);
  } catch {
    // There is nowhere to say so.
  }
}
