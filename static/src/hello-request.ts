import type { ChosenFile } from './chosen-file.js';
import type { PageFunction } from './functions.js';
import { httpProblem } from './http-problem.js';
import { inputWord } from './media-types.js';
import { Problem } from './problem.js';

/** Past the longest time that a function may have (`limits.timeout`, 600 s): only a connection that went dead waits for it. */
const timeoutMs = 660_000;

/** The body of a 200. */
export interface Answer {
  readonly body: Blob;
  /** From the first byte sent to the last one received. */
  readonly ms: number;
}

/** How a file is sent. */
export interface HelloRequestOptions {
  readonly signal: AbortSignal;
  /** Called with the part of the file that has been sent, 0 to 1. */
  readonly onSent: (part: number) => void;
}

/**
 * Sends a file to a function: `POST /api/hello`. By XMLHttpRequest, because `fetch` doesn't tell how much has
 * been sent.
 * @throws Problem for every answer but 200 and when none comes; the signal's reason when that aborts
 */
export async function sendToFunction(
  chosen: PageFunction,
  file: ChosenFile,
  { signal, onSent }: HelloRequestOptions,
): Promise<Answer> {
  signal.throwIfAborted();
  const { name, returns } = chosen;
  const started = performance.now();
  const xhr = new XMLHttpRequest();
  await new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => {
      xhr.abort();
      reject(signal.reason);
    });
    xhr.upload.addEventListener('progress', (event) => onSent(event.loaded / event.total));
    xhr.upload.addEventListener('load', () => onSent(1));
    xhr.addEventListener('load', () => resolve());
    xhr.addEventListener('error', () => reject(unreachable()));
    xhr.addEventListener('timeout', () =>
      reject(new Problem('No answer came.', 'Look whether all services are running, then try again.')),
    );
    xhr.open('POST', '../api/hello');
    xhr.setRequestHeader('api', name);
    xhr.setRequestHeader('Accept', returns === null ? '*/*' : `${returns}, */*;q=0.1`);
    xhr.setRequestHeader('Content-Type', file.bytes.type);
    xhr.responseType = 'blob';
    xhr.timeout = timeoutMs;
    xhr.send(file.bytes);
  });
  const ms = performance.now() - started;
  const body: unknown = xhr.response;
  if (!(body instanceof Blob)) throw unreachable();
  if (xhr.status !== 200)
    throw await httpProblem(xhr.status, body, xhr.getResponseHeader('Retry-After'), inputWord(chosen));
  return { body, ms };
}

function unreachable(): Problem {
  return navigator.onLine
    ? new Problem('The server cannot be reached.', 'Look whether it is running (npm start), then try again.')
    : new Problem('You are offline.', 'Connect to the network, then try again.');
}
