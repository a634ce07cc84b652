import { randomBytes } from 'node:crypto';

/** A new trace id, and the headers of a request that carries it (https://www.w3.org/TR/trace-context/). */
export function tracing(headers: Record<string, string> = {}) {
  const id = randomBytes(16).toString('hex');
  return { id, headers: { traceparent: `00-${id}-00f067aa0ba902b7-01`, ...headers } };
}
