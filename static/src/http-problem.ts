import { Problem } from './problem.js';

/** For each status that `POST /api/hello` is known to answer: what happened, and what to do if the answer doesn't say. */
const known: Readonly<Record<number, readonly [message: string, advice: string]>> = {
  400: ['The request was refused.', 'Reload the page and try again.'],
  413: ['That picture is too large.', 'Choose one of at most 10 MiB, or scale it down first.'],
  415: [
    'That is not a picture it can read.',
    'Choose a PNG, JPEG, GIF, WebP or BMP file, or save it as one of these first.',
  ],
  422: ['That picture is broken.', 'Open it in another program, save it again, and try the new copy.'],
  429: ['Too many pictures at once.', 'Wait a moment and try again.'],
  502: ['The function cannot be reached.', 'Look whether all services are running, then try again.'],
  503: ['Too busy just now.', 'Wait a moment and try again.'],
  504: ['That took too long and was stopped.', 'Try again, or try a smaller picture.'],
};

/** The `detail` of an `application/problem+json` body (RFC 9457), if it is one. */
async function detailOf(body: Blob): Promise<string | undefined> {
  if (!body.type.startsWith('application/problem+json')) return undefined;
  try {
    const problem: unknown = JSON.parse(await body.text());
    if (typeof problem !== 'object' || problem === null || !('detail' in problem)) return undefined;
    return typeof problem.detail === 'string' && problem.detail !== '' ? problem.detail : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The problem that an answer other than 200 stands for.
 * @param retryAfter the header `Retry-After`: seconds, or a date, which is left out
 */
export async function httpProblem(status: number, body: Blob, retryAfter: string | null): Promise<Problem> {
  const [message, advice] = known[status] ?? [
    `The server answered with an error (${status}).`,
    'Try again; if it happens again, look at the log of the services.',
  ];
  const seconds = Number(retryAfter);
  const wait = seconds > 0 ? ` It can be sent again in ${seconds} s.` : '';
  return new Problem(message, ((await detailOf(body)) ?? advice) + wait);
}
