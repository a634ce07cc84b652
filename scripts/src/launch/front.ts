import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Connections that wait for a process at once; more are closed. */
const MAX_WAITING = 1000;

/** Longest that a connection waits for a process, ms. */
const MAX_WAIT_MS = 30_000;

/**
 * Listens in place of a process, and passes each connection on to the one that serves at the moment: so a process can be
 * replaced by another without anybody being turned away. What is passed on is bytes: of HTTP it knows nothing.
 */
export class Front {
  readonly #server: Server;
  readonly #waiting = new Set<Socket>();
  readonly #open = new Set<Socket>();
  #port: number | undefined;

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#take(client));
  }

  /**
   * @param host an address of this machine
   * @throws Error with the code of the system if that cannot be listened on
   */
  static async listen(port: number, host: string): Promise<Front> {
    const front = new Front();
    front.#server.listen(port, host);
    await once(front.#server, 'listening');
    return front;
  }

  /** Sends new connections, and those that wait, to a port of this machine; without one, they wait. */
  to(port: number | undefined): void {
    this.#port = port;
    if (port === undefined) return;
    for (const client of this.#waiting) this.#pass(client, port);
    this.#waiting.clear();
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of [...this.#waiting, ...this.#open]) socket.destroy();
    await closed;
  }

  #take(client: Socket): void {
    client.on('error', () => client.destroy());
    if (this.#port !== undefined) this.#pass(client, this.#port);
    else if (this.#waiting.size < MAX_WAITING) this.#wait(client);
    else client.destroy();
  }

  #wait(client: Socket): void {
    this.#waiting.add(client);
    client.setTimeout(MAX_WAIT_MS, () => client.destroy());
    client.once('close', () => this.#waiting.delete(client));
  }

  #pass(client: Socket, port: number): void {
    client.setTimeout(0);
    client.setNoDelay(true);
    const process = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    for (const [one, other] of [
      [client, process],
      [process, client],
    ] as const) {
      this.#open.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.once('close', () => {
        this.#open.delete(one);
        // A half that ended in order has been passed on by pipe.
        if (!one.readableEnded) other.destroy();
      });
    }
  }
}
