const PID_BYTES = 4;

/**
 * One buffer for all forks' sockets: what is in it has been taken when the next is read. A stream would make a new one
 * for each read, and those that outlive the young generation bring V8 to collect all garbage every few dozen pictures.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** What comes over a fork's socket: first its pid (`u32` little-endian), then what the function writes. */
export class ForkOutput {
  /** Settles when the pid is there. */
  readonly pid: Promise<number>;
  /** For `net.createConnection`, which reads from then on past the stream. */
  readonly onread = {
    buffer: readBuffer,
    callback: (bytes: number): boolean => {
      this.#take(readBuffer.subarray(0, bytes));
      return true;
    },
  };
  #onPid: (pid: number) => void = () => {};
  /** What is there and nobody has asked for yet. */
  #early = Buffer.alloc(0);
  #pidTaken = false;
  #listener: ((chunk: Buffer) => void) | undefined;

  constructor() {
    this.pid = new Promise((resolve) => {
      this.#onPid = resolve;
    });
  }

  /** Passes on what the function writes, from the first byte. A chunk is good until `onOutput` returns. */
  listen(onOutput: (chunk: Buffer) => void): void {
    this.#listener = onOutput;
    const early = this.#early;
    this.#early = Buffer.alloc(0);
    if (early.length > 0) onOutput(early);
  }

  #take(chunk: Buffer): void {
    if (this.#listener !== undefined) {
      this.#listener(chunk);
      return;
    }
    this.#early = Buffer.concat([this.#early, chunk]);
    if (this.#pidTaken || this.#early.length < PID_BYTES) return;
    this.#pidTaken = true;
    this.#onPid(this.#early.readUInt32LE());
    this.#early = this.#early.subarray(PID_BYTES);
  }
}
