import { type Logger, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';

/** The settings of `serverSettings` that say how to log. */
export interface LogSettings {
  readonly LOG_LEVEL: string;
  readonly LOG_FORMAT: 'json' | 'pretty';
}

/** How much is kept of what cannot be written yet, in bytes. */
const MAX_KEPT_BYTES = 1024 ** 2;

/**
 * A logger that writes to stdout: an event a line, as JSON or for a person. Where the disk behind it has no room, lines
 * wait for the next one, and are lost when there are too many.
 */
export function createLogger(service: string, { LOG_LEVEL, LOG_FORMAT }: LogSettings): Logger {
  const options = { name: service, level: LOG_LEVEL };
  // Synchronous, so that nothing is left to be written at the end: pino would wait there until the disk has room.
  const stdout = pino.destination({ dest: 1, sync: true, maxLength: MAX_KEPT_BYTES });
  stdout.on('error', () => {});
  if (LOG_FORMAT === 'json') return pino(options, stdout);
  const pretty = prettyFactory({ ignore: 'pid,hostname', singleLine: true });
  return pino(options, { write: (line) => void stdout.write(pretty(line)) });
}
