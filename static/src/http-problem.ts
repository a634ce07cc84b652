import { Problem } from './problem.js';

type Known = Readonly<Record<number, readonly [message: string, advice: string]>>;

/** For each status that `POST /api/hello` is known to answer: what happened, and what to do about it. */
const known: Known = {
  400: ['The request was refused.', 'Reload the page and try again.'],
  413: ['That file is too large.', 'Send a smaller one, or choose another.'],
  415: ['That is not a file it takes.', 'Choose another file.'],
  422: ['The function refused that file.', 'Correct it, or choose another.'],
  429: ['Too many files at once.', 'Wait a moment, then send it again.'],
  502: ['The function cannot be reached.', 'The log of the services says more.'],
  503: ['Too busy just now.', 'Wait a moment, then send it again.'],
  504: ['That took too long and was stopped.', 'Send it again, or try a smaller file.'],
};

/** The same where a function takes pictures and nothing else. */
const knownOfPictures: Known = {
  ...known,
  413: ['That picture is too large.', 'Scale it down first, or choose another.'],
  415: ['That is not a picture it can read.', 'Choose another picture.'],
  422: ['That picture is broken.', 'Open it in another program, save it again, and send the new copy.'],
  429: ['Too many pictures at once.', 'Wait a moment, then send it again.'],
  504: ['That took too long and was stopped.', 'Send it again, or try a smaller picture.'],
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
export async function httpProblem(
  status: number,
  body: Blob,
  retryAfter: string | null,
  input: 'picture' | 'file',
): Promise<Problem> {
  const [message, advice] = (input === 'picture' ? knownOfPictures : known)[status] ?? [
    `The server answered with an error (${status}).`,
    'Try again; if it happens again, look at the log of the services.',
  ];
  const seconds = Number(retryAfter);
  const next = seconds > 0 ? `Send it again in ${seconds} s.` : advice;
  const detail = await detailOf(body);
  return new Problem(message, detail === undefined ? next : `${detail} ${next}`);
}
