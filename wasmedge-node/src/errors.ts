/**
 * Why a function gave no result.
 *
 * - `ERR_FUNCTION_INPUT`: the function refused the input; the message is the function's own.
 * - `ERR_FUNCTION_INPUT_EMPTY`, `ERR_FUNCTION_INPUT_TOO_LARGE`, `ERR_FUNCTION_INPUT_FORMAT`: it refused the input for that.
 * - `ERR_FUNCTION_FAILED`: the function itself failed; the message is the function's own.
 * - `ERR_FUNCTION_TIMEOUT`: the deadline passed, waiting or running; a running instance was killed.
 * - `ERR_FUNCTION_TRAPPED`: the instance ended, or wrote something that is not an answer.
 * - `ERR_FUNCTION_BUSY`: as many requests wait as may wait.
 * - `ERR_FUNCTION_UNAVAILABLE`: no instance can be started at the moment, or the request's was killed.
 * - `ERR_FUNCTION_CLOSED`: the pool has been closed.
 */
export type FunctionErrorCode =
  | 'ERR_FUNCTION_INPUT'
  | 'ERR_FUNCTION_INPUT_EMPTY'
  | 'ERR_FUNCTION_INPUT_TOO_LARGE'
  | 'ERR_FUNCTION_INPUT_FORMAT'
  | 'ERR_FUNCTION_FAILED'
  | 'ERR_FUNCTION_TIMEOUT'
  | 'ERR_FUNCTION_TRAPPED'
  | 'ERR_FUNCTION_BUSY'
  | 'ERR_FUNCTION_UNAVAILABLE'
  | 'ERR_FUNCTION_CLOSED';

/** A function gave no result; `code` says why, `cause` holds the original error if there was one. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
  readonly code: FunctionErrorCode;

  constructor(code: FunctionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
