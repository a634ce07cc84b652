import { FunctionError, type FunctionErrorCode } from '@app/wasmedge-node';
import { Problem } from './problem.js';

const RETRY_AFTER_SECONDS = 1;

const FUNCTION_STATUS: Record<FunctionErrorCode, number> = {
  ERR_FUNCTION_INPUT: 422,
  ERR_FUNCTION_FAILED: 500,
  ERR_FUNCTION_TRAPPED: 500,
  ERR_FUNCTION_TIMEOUT: 504,
  ERR_FUNCTION_BUSY: 503,
  ERR_FUNCTION_UNAVAILABLE: 503,
  ERR_FUNCTION_CLOSED: 503,
};

/** What to answer for an error, whatever threw it. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof FunctionError) return problemOfFunction(error);
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return new Problem(
      504,
      'ERR_TIMEOUT',
      'The answer took too long. Try a smaller picture, or try again later.',
      {
        cause: error,
      },
    );
  const status = clientStatus(error);
  if (status !== undefined) return new Problem(status, 'ERR_REQUEST', messageOf(error), { cause: error });
  return new Problem(500, 'ERR_INTERNAL', 'Something went wrong in this service; its log says what.', {
    cause: error,
  });
}

/** How the picture functions begin their message (see `functions/picture/src/error.rs`), where 422 is not the word. */
const INPUT_STATUS = new Map([
  ['empty', 400],
  ['too large', 413],
  ['unsupported format', 415],
]);

function problemOfFunction(error: FunctionError): Problem {
  const [start = ''] = error.message.split(':', 1);
  const isInput = error.code === 'ERR_FUNCTION_INPUT';
  const status = (isInput ? INPUT_STATUS.get(start) : undefined) ?? FUNCTION_STATUS[error.code];
  const options = { cause: error, ...(status === 503 && { retryAfter: RETRY_AFTER_SECONDS }) };
  if (status === 500)
    return new Problem(status, error.code, 'The function failed on this picture; the log says how.', options);
  // Why it cannot be run may name files of the host.
  if (error.code === 'ERR_FUNCTION_UNAVAILABLE')
    return new Problem(
      status,
      error.code,
      'The function cannot be run right now; the log says why. Try again in a moment.',
      options,
    );
  return new Problem(status, error.code, sentence(error.message), options);
}

// Express and its middleware mark what the client did wrong with a status (the convention of http-errors).
function clientStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined;
  return error.status >= 400 && error.status < 500 ? error.status : undefined;
}

function messageOf(error: unknown): string {
  return sentence(error instanceof Error ? error.message : String(error));
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1) + (/[.!?]$/.test(trimmed) ? '' : '.');
}
