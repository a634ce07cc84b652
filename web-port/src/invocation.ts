import { Problem } from '@app/service-kit';
import { z } from 'zod';

/** An error as our image services answer it (RFC 9457). */
const problem = z.object({ status: z.int().min(400).max(599), detail: z.string(), code: z.string() });

/**
 * The problem behind an answer that is not a success: the image service's own, passed on, or else 502, because then
 * it is the sidecar that speaks: the service behind it cannot be reached.
 *
 * @param body the answer's text
 */
export function upstreamProblem(appId: string, body: string): Problem {
  const parsed = problem.safeParse(parseJson(body));
  if (!parsed.success) return unreachable(appId, new Error(`the sidecar said: ${body.slice(0, 500)}`));
  const { status, code, detail } = parsed.data;
  return new Problem(status, code, detail, status === 503 ? { retryAfter: 1 } : {});
}

/** The problem of a service that does not answer. */
export function unreachable(appId: string, cause: unknown): Problem {
  return new Problem(
    502,
    'ERR_UNREACHABLE',
    `The service ${appId} cannot be reached. Is it running, with its sidecar? Try again in a moment.`,
    {
      cause,
    },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
