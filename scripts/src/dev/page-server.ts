import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import path from 'node:path';
import { root } from '../paths.js';

/** The script of the page that listens here. */
const SCRIPT = path.join(root, 'static/dist/dev.js');

/** Pages that listen at once; more are turned away. */
const MAX_PAGES = 100;

/** Tells the pages that are open in browsers what is wrong, and when they are to be loaded again: by server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export class PageServer {
  /** Ends with a slash; nobody guesses it. */
  readonly url: string;
  readonly #server: Server;
  readonly #path: string;
  readonly #pages = new Set<ServerResponse>();
  readonly #problems = new Map<string, string>();

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    this.url = `http://127.0.0.1:${port}${path}`;
  }

  /** Listens on any free port of this machine. */
  static async listen(): Promise<PageServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const pages = new PageServer(server, `/${randomBytes(16).toString('hex')}/`);
    server.on('request', (request, response) => void pages.#answer(request, response));
    return pages;
  }

  /** Has all pages loaded again. */
  reload(): void {
    this.#send('reload', '');
  }

  /** Shows on all pages what is wrong with something, until that is undefined. */
  tell(what: string, problem: string | undefined): void {
    if (problem === undefined) this.#problems.delete(what);
    else this.#problems.set(what, problem);
    this.#send('problems', this.#state());
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer({ url, method }: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Cache-Control', 'no-store');
    if (method === 'GET' && url === `${this.#path}dev.js`) {
      response.setHeader('Content-Type', 'text/javascript');
      response.end(await readFile(SCRIPT).catch(() => ''));
    } else if (method === 'GET' && url === `${this.#path}events` && this.#pages.size < MAX_PAGES) {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(`retry: 500\n\nevent: problems\ndata: ${this.#state()}\n\n`);
      this.#pages.add(response);
      response.once('close', () => this.#pages.delete(response));
    } else response.writeHead(404).end();
  }

  #state(): string {
    return JSON.stringify([...this.#problems].map(([what, text]) => ({ what, text })));
  }

  #send(event: string, data: string): void {
    for (const page of this.#pages) page.write(`event: ${event}\ndata: ${data}\n\n`);
  }
}
