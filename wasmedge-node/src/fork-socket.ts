import type { Socket } from 'node:net';
import type { InstanceListener } from './instance.js';

/** The greeting of a fork: its pid, `u32` little-endian, and a byte when the kernel holds it (`fork-server/src/confine.rs`). */
const PID_BYTES = 4;
const GREETING_BYTES = PID_BYTES + 1;

/**
 * One buffer for all forks' sockets: what is in it has been taken when the next is read. A stream would make a new one
 * for each read, and those that outlive the young generation bring V8 to collect all garbage every few dozen pictures.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** The connection to a fork: first comes its greeting, then what the function writes to stdout. */
export class ForkSocket {
  readonly socket: Socket;
  /** Settles when the pid is there; rejects if the connection ends before. */
  readonly pid: Promise<number>;
  /** Settles when the fork can do nothing but serve this connection. */
  readonly confined: Promise<void>;
  /** Settles when nothing more comes, and all that came has been passed on. */
  readonly ended: Promise<void>;
  #onPid: (pid: number) => void = () => {};
  #onConfined: () => void = () => {};
  /** What is there and nobody has asked for yet. */
  #early = Buffer.alloc(0);
  #isGreeted = false;
  #onOutput: InstanceListener['output'] | undefined;

  /** @param connect makes the socket, which is read past its stream from then on */
  constructor(connect: (onread: { buffer: Buffer; callback(bytes: number): boolean }) => Socket) {
    const callback = (bytes: number): boolean => {
      this.#take(readBuffer.subarray(0, bytes));
      return true;
    };
    this.socket = connect({ buffer: readBuffer, callback });
    this.ended = new Promise((resolve) => {
      this.socket.once('end', resolve);
      this.socket.once('close', () => resolve());
    });
    this.confined = new Promise((resolve) => {
      this.#onConfined = resolve;
    });
    this.pid = new Promise((resolve, reject) => {
      this.#onPid = resolve;
      this.socket.once('error', reject);
      void this.ended.then(() => reject(new Error('the connection was closed')));
    });
  }

  /** Passes on what the function writes, from the first byte. A chunk is good until `onOutput` returns. */
  listen(onOutput: InstanceListener['output']): void {
    this.#onOutput = onOutput;
    const early = this.#early;
    this.#early = Buffer.alloc(0);
    if (early.length > 0) onOutput(early);
  }

  #take(chunk: Buffer): void {
    if (this.#onOutput !== undefined) {
      this.#onOutput(chunk);
      return;
    }
    this.#early = Buffer.concat([this.#early, chunk]);
    if (this.#isGreeted || this.#early.length < PID_BYTES) return;
    this.#onPid(this.#early.readUInt32LE());
    if (this.#early.length < GREETING_BYTES) return;
    this.#isGreeted = true;
    this.#early = this.#early.subarray(GREETING_BYTES);
    this.#onConfined();
  }
}
