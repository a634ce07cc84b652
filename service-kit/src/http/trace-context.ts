import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

// https://www.w3.org/TR/trace-context/#traceparent-header: version (not ff), trace id and parent id (not zero), flags
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;

/**
 * The W3C trace id of a request: the one that its `traceparent` header carries (Dapr adds it to what it
 * forwards), else a new one, which is then put into that header so that it can be forwarded.
 */
export function traceId(request: IncomingMessage): string {
  const { headers } = request;
  const given =
    typeof headers.traceparent === 'string' ? TRACEPARENT.exec(headers.traceparent)?.[1] : undefined;
  if (given !== undefined) return given;
  const made = randomBytes(16).toString('hex');
  headers.traceparent = `00-${made}-${randomBytes(8).toString('hex')}-01`;
  // What vendors say there is of the trace that could not be read.
  delete headers.tracestate;
  return made;
}

/** The headers in which a request's trace goes on, once its trace id is known. */
export function traceHeaders({ traceparent, tracestate }: IncomingHttpHeaders): Record<string, string> {
  return {
    ...(typeof traceparent === 'string' && { traceparent }),
    ...(typeof tracestate === 'string' && { tracestate }),
  };
}
