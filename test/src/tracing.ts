import { randomBytes } from 'node:crypto';

/**
 * A new trace id, and the headers of a request that carries it (https://www.w3.org/TR/trace-context/).
 *
 * @param flags `01`: the caller records it
 */
export function tracing(headers: Record<string, string> = {}, flags: '00' | '01' = '01') {
  const parent = '00f067aa0ba902b7';
  const id = randomBytes(16).toString('hex');
  return { id, parent, headers: { traceparent: `00-${id}-${parent}-${flags}`, ...headers } };
}
