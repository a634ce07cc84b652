import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { ANSWER_LENGTH_HEADER, ClientGoneError, CODE_HEADER } from '@app/service-kit';
import { stream } from 'undici';
import { type Call, headersOf, methodOf, type Sidecar, unreachable, upstreamProblem } from './invocation.js';

/** More than a problem of ours has, in bytes. */
const MAX_FAILURE_BYTES = 64 * 1024;

/**
 * Invokes functions by plain HTTP to the sidecar, because an answer can be anything: the Dapr SDK reads every answer as
 * text. An answer is passed on as it comes.
 */
export function httpCall(sidecar: Sidecar): Call {
  return async (invocation) => {
    const { description, response, input, deadline } = invocation;
    const { app } = description;
    let failure: FailureText | undefined;
    const options = {
      dispatcher: sidecar.dispatcher,
      method: 'POST',
      body: input.bytes,
      signal: deadline.signal,
      headers: { ...sidecar.headers, ...headersOf(invocation) },
    } as const;
    try {
      await stream(sidecar.invokeUrl(app, methodOf(description)), options, ({ statusCode, headers }) => {
        const { 'content-type': type, [CODE_HEADER]: code } = headers;
        if (statusCode === 200 && typeof type === 'string' && isFramed(headers)) {
          if (typeof code === 'string') response.setHeader(CODE_HEADER, code);
          return passingOn(response, type, lengthsIn(headers));
        }
        failure = new FailureText();
        return failure;
      });
    } catch (error) {
      deadline.signal.throwIfAborted();
      throw error instanceof ClientGoneError ? error : unreachable(app, error);
    }
    if (failure !== undefined) throw upstreamProblem(app, failure.text());
  };
}

/** The text of an answer that is not a success; of more than a problem has, no more is kept. */
class FailureText extends Writable {
  readonly #parts: Buffer[] = [];
  #length = 0;

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#length < MAX_FAILURE_BYTES) this.#parts.push(chunk);
    this.#length += chunk.length;
    done();
  }

  text(): string {
    return Buffer.concat(this.#parts).toString('utf8');
  }
}

/** Whether the end of an answer can be told from its breaking off (RFC 9112, section 6.3). */
function isFramed(headers: IncomingHttpHeaders): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/** How long an answer is, in bytes; `undefined` where nobody says so. */
interface Lengths {
  readonly announced: number | undefined;
  /** Whether it is the service that says that it is empty, and not a sidecar that has nothing of it. */
  readonly isEmpty: boolean;
}

function lengthsIn(headers: IncomingHttpHeaders): Lengths {
  const own = headers[ANSWER_LENGTH_HEADER];
  const length = headers['content-length'] ?? own;
  const announced = typeof length === 'string' && /^\d+$/.test(length) ? Number(length) : undefined;
  return { announced, isEmpty: own === '0' };
}

/**
 * Passes an answer on as it comes; the head goes with its first bytes, so that nothing at all can still be answered 502.
 *
 * Undici destroys what it writes to when the sidecar breaks off: of the answer itself, nobody could say any more why.
 *
 * @throws Error if it does not have its announced length, or no byte at all where its service has not said so: the sidecar
 *   of a service that died makes a whole answer of what it has (docs/decisions/answer-length.md)
 */
function passingOn(response: ServerResponse, type: string, { announced, isEmpty }: Lengths): Writable {
  let passed = 0;
  const notWhole = () => new Error(`the answer ended after ${passed} of ${announced ?? 'some'} bytes`);
  const writeHead = () => {
    response.setHeader('content-type', type);
    if (announced !== undefined) response.setHeader('content-length', announced);
  };
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (passed === 0) writeHead();
      passed += chunk.length;
      if (announced !== undefined && passed > announced) return done(notWhole());
      response.write(chunk, (error) => done(error && new ClientGoneError({ cause: error })));
    },
    final: (done) => {
      const isWhole = announced === undefined ? passed > 0 : passed === announced;
      if (!isWhole || (passed === 0 && !isEmpty)) return done(notWhole());
      if (passed === 0) writeHead();
      response.end(done);
    },
  });
}
