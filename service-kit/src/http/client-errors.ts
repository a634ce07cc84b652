import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { REQUEST_MESSAGE } from '../process/messages.js';
import { answerRaw, Problem } from './problem.js';

/**
 * Answers as a problem, and logs as a request, what Node refuses before an app gets to see it, or while it reads the
 * body: what is not HTTP (400), a chunk's extensions (413) or headers (431) that are too long, headers that come too
 * slowly (408). Without this Node answers a bare status line, and nobody is told.
 */
export function answerClientErrors(server: Server, logger: Logger): void {
  const latest = new WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>();
  server.on('request', (request, response) => latest.set(request.socket, { request, response }));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const { request, response } = latest.get(socket) ?? {};
    const inBody = request?.complete === false;
    const answered = response?.headersSent === true;
    // Nobody is there; or nothing was asked, on a connection that a browser or a sidecar opened in advance; or it is the
    // rest of a request that has its answer, and its line in the log, already.
    const isUnused = socket instanceof Socket && socket.bytesRead === 0;
    if (!socket.writable || error.code === 'ECONNRESET' || isUnused || (inBody && answered)) {
      socket.destroy();
      return;
    }
    const problem = problemOfClientError(error);
    if (response !== undefined && !answered) response.err ??= problem;
    else logClientError(logger, problem);
    if (answered && !response.writableFinished) socket.destroy();
    else answerRaw(socket, problem);
  });
  server.on('connect', (_request, socket) => {
    // Node listens to this socket no longer, and nobody has to be there for the answer.
    socket.on('error', () => {});
    const problem = new Problem(400, 'ERR_METHOD', 'CONNECT is for proxies, and this is none.');
    logClientError(logger, problem);
    answerRaw(socket, problem);
  });
  // To ignore an expectation is as good as to refuse it (RFC 9110, 10.1.1), and the app answers.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

function problemOfClientError(cause: NodeJS.ErrnoException): Problem {
  switch (cause.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(
        431,
        'ERR_HEADERS',
        'The address and the headers are too long. Send fewer, or shorter ones.',
        {
          cause,
        },
      );
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem(413, 'ERR_CHUNK', "A chunk's extensions are too long. Send the body without any.", {
        cause,
      });
    // Who sent that may still read an answer, or be gone: on a connection both look the same (RFC 9112, section 8).
    case 'HPE_INVALID_EOF_STATE':
      return new Problem(400, 'ERR_INCOMPLETE', 'The connection ended inside the request. Send it again.', {
        cause,
      });
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(408, 'ERR_REQUEST_TIMEOUT', 'The request took too long to arrive. Try again.', {
        cause,
      });
    default:
      return new Problem(
        400,
        'ERR_MALFORMED',
        `This is not a well-formed HTTP/1.1 request: ${cause.message}.`,
        {
          cause,
        },
      );
  }
}

function logClientError(logger: Logger, err: Problem): void {
  logger.warn({ traceId: randomBytes(16).toString('hex'), status: err.status, err }, REQUEST_MESSAGE);
}
