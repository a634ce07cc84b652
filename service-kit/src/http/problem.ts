import { STATUS_CODES } from 'node:http';

/**
 * An answer that is an error: `application/problem+json` (RFC 9457) with a `detail` a person can act on and a
 * stable `code`.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  /** Seconds after which the client may try again, for the header `Retry-After`. */
  readonly retryAfter: number | undefined;

  constructor(
    status: number,
    code: string,
    detail: string,
    options: ErrorOptions & { retryAfter?: number } = {},
  ) {
    super(detail, options);
    this.status = status;
    this.code = code;
    this.retryAfter = options.retryAfter;
  }

  /** The members of RFC 9457, section 3.1, and `code`. */
  toJSON() {
    const { status, code, message: detail } = this;
    return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, code };
  }
}
