import { addAbortListener } from 'node:events';
import { ClientRequest } from 'node:http';
import { Readable } from 'node:stream';

/**
 * The bytes of a request's body, and the end of the request itself when `signal` aborts, even once all is sent.
 *
 * For the Dapr SDK, which takes no signal: it sends with node-fetch, and that pipes a body into the `ClientRequest`. Sent
 * otherwise, a request just goes on after the abort.
 */
export class AbortableBody extends Readable {
  readonly #bytes: Uint8Array;
  readonly #signal: AbortSignal;

  constructor(bytes: Uint8Array, signal: AbortSignal) {
    super();
    this.#bytes = bytes;
    this.#signal = signal;
  }

  override _read(): void {
    this.push(this.#bytes);
    this.push(null);
  }

  override pipe<T extends NodeJS.WritableStream>(request: T, options?: { end?: boolean }): T {
    if (request instanceof ClientRequest) addAbortListener(this.#signal, () => request.destroy());
    return super.pipe(request, options);
  }
}
