/** What an instance writes once it is ready for requests. */
export const READY_MARK = Buffer.from('WFN1', 'latin1');

/** First byte of an answer: how the function judged its input. */
export const STATUS = {
  ok: 0,
  badInput: 1,
  failure: 2,
  emptyInput: 3,
  inputTooLarge: 4,
  unsupportedFormat: 5,
} as const;

const LAST_STATUS = Math.max(...Object.values(STATUS));

/** One answer of a function; the payload of an answer that is not `ok` is its message in UTF-8. */
export interface Answer {
  readonly status: number;
  readonly payload: Buffer;
}

/** The bytes of an instance do not follow the protocol. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
  readonly code = 'ERR_FRAMING';
}

const ANSWER_HEADER_BYTES = 5;

/** The header of a request: `u32` little-endian length of the payload that follows it, in bytes. */
export function requestHeader(payloadBytes: number): Buffer {
  const header = Buffer.allocUnsafe(4);
  header.writeUInt32LE(payloadBytes);
  return header;
}

/**
 * Takes the bytes of an instance as they come and gives its ready mark and its answers.
 *
 * An answer is `u8 status, u32 little-endian length, payload`. The payload is gathered in one buffer of
 * the announced length, which is at most `maxPayloadBytes`.
 */
export class FrameReader {
  readonly #maxPayloadBytes: number;
  readonly #header = Buffer.allocUnsafe(ANSWER_HEADER_BYTES);
  #headerBytes = 0;
  #marked = false;
  #payload: Buffer | undefined;
  #payloadBytes = 0;

  constructor(maxPayloadBytes: number) {
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  /**
   * Takes the next bytes; answers `'ready'` after the ready mark, the answer when it is whole, else nothing.
   *
   * @throws FramingError when the bytes are neither, or go on after what was complete
   */
  push(chunk: Buffer): 'ready' | Answer | undefined {
    const rest = this.#payload === undefined ? this.#takeHeader(chunk) : chunk;
    if (!this.#marked) return this.#takeMark(rest);
    if (this.#payload === undefined) return undefined;
    const wanted = this.#payload.length - this.#payloadBytes;
    if (rest.length > wanted) throw new FramingError('it wrote more than its answer');
    rest.copy(this.#payload, this.#payloadBytes);
    this.#payloadBytes += rest.length;
    if (this.#payloadBytes < this.#payload.length) return undefined;
    const answer = { status: this.#header[0] ?? STATUS.failure, payload: this.#payload };
    this.#payload = undefined;
    this.#headerBytes = 0;
    return answer;
  }

  #takeHeader(chunk: Buffer): Buffer {
    const wanted = this.#marked ? ANSWER_HEADER_BYTES : READY_MARK.length;
    const taken = chunk.copy(this.#header, this.#headerBytes, 0, wanted - this.#headerBytes);
    this.#headerBytes += taken;
    if (
      this.#marked &&
      this.#headerBytes > 0 &&
      this.#header[0] !== undefined &&
      this.#header[0] > LAST_STATUS
    )
      throw new FramingError(`it wrote what is not an answer: ${readable(chunk)}`);
    if (this.#marked && this.#headerBytes === wanted) this.#openPayload();
    return chunk.subarray(taken);
  }

  #takeMark(rest: Buffer): 'ready' | undefined {
    const written = this.#header.subarray(0, this.#headerBytes);
    if (!written.equals(READY_MARK.subarray(0, written.length)))
      throw new FramingError(`it wrote before it was ready: ${readable(Buffer.concat([written, rest]))}`);
    if (written.length < READY_MARK.length) return undefined;
    if (rest.length > 0) throw new FramingError(`it wrote before it was asked: ${readable(rest)}`);
    this.#marked = true;
    this.#headerBytes = 0;
    return 'ready';
  }

  #openPayload(): void {
    const bytes = this.#header.readUInt32LE(1);
    if (bytes > this.#maxPayloadBytes)
      throw new FramingError(
        `it announced an answer of ${bytes} bytes; at most ${this.#maxPayloadBytes} are taken`,
      );
    this.#payload = Buffer.allocUnsafeSlow(bytes);
    this.#payloadBytes = 0;
  }
}

// WasmEdge logs to stdout, so what is not a frame is most often its reason in words.
function readable(bytes: Buffer): string {
  const text = bytes
    .subarray(0, 400)
    .toString('utf8')
    .replace(/[^\P{C}\n]/gu, '.')
    .trim();
  return JSON.stringify(text.replaceAll('\n', ' | '));
}
