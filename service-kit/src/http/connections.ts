import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { answerRaw, stopping } from './problem.js';

/**
 * The connections of a server, and which of them have a request in work. Node's own `closeIdleConnections` spares
 * those on which nothing, or half a request, was ever sent, as browsers and sidecars open them in advance.
 */
export class Connections {
  readonly #inWork = new Map<Socket, Set<ServerResponse>>();

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#inWork.set(socket, new Set());
      socket.once('close', () => this.#closed(socket));
    });
    server.on('request', ({ socket }, response) => {
      this.#inWork.get(socket)?.add(response);
      response.once('close', () => this.#inWork.get(socket)?.delete(response));
    });
  }

  /** Closes all that have no request in work. */
  closeIdle(): void {
    for (const [socket, responses] of this.#inWork) if (responses.size === 0) socket.destroy();
  }

  /** Answers every request that has no answer yet 503, and closes all connections: the work for them ends with that. */
  closeAll(): void {
    const problem = stopping();
    for (const [socket, responses] of this.#inWork) {
      const unanswered = [...responses].filter(({ headersSent }) => !headersSent);
      if (unanswered.length === 0 || unanswered.length < responses.size) {
        socket.destroy();
      } else {
        for (const response of unanswered) response.err ??= problem;
        // Not by `response`: only a connection that closes before its answer ends the work for it.
        answerRaw(socket, problem);
      }
    }
  }

  /**
   * Tells the requests that were pipelined behind another, whose work has begun too: their responses have no socket yet,
   * so Node does not.
   */
  #closed(socket: Socket): void {
    const responses = this.#inWork.get(socket) ?? [];
    this.#inWork.delete(socket);
    for (const response of responses) {
      if (response.socket !== null) continue;
      response.destroy();
      response.emit('close');
    }
  }
}
