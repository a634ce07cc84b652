import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What a server said on one connection. */
export interface Exchange {
  /** All of it, a byte a character. */
  readonly text: string;
  /** The statuses of its answers, in order, `100` among them. */
  readonly statuses: readonly number[];
  /** Whether the server has closed the connection. */
  readonly closed: boolean;
}

/** How to talk to the server. */
export interface TalkOptions {
  /** How many final answers to wait for, unless the server closes sooner; 0: until it closes. */
  readonly answers?: number;
  /** Whether to close our half of the connection behind what is sent. */
  readonly halfClose?: boolean;
  /** Longest time, in ms; then it is an error. */
  readonly timeout?: number;
}

/** Sends bytes as they are, one write each, and reads the answers. */
export async function talk(
  url: string,
  writes: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  { answers = 1, halfClose = false, timeout = 30_000 }: TalkOptions = {},
): Promise<Exchange> {
  const socket = await open(url);
  let text = '';
  let closed = false;
  const finals = () => statusesOf(text).filter((status) => status >= 200).length;
  const done = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (answers > 0 && finals() >= answers && isWhole(text)) resolve();
    });
    // A server that refuses may close while there is still something to send.
    socket.on('error', () => {});
    socket.on('close', () => {
      closed = true;
      resolve();
    });
  });
  const timer = setTimeout(() => socket.destroy(new Error('no answer')), timeout);
  const ended = done.then(() => true);
  for await (const bytes of writes) {
    if (socket.writable) socket.write(bytes, 'latin1');
    // Each write a packet, and none behind the end.
    if (await Promise.race([ended, pause(0).then(() => false)])) break;
  }
  if (halfClose) socket.end();
  await done;
  clearTimeout(timer);
  const timedOut = socket.errored?.message === 'no answer';
  socket.destroy();
  if (timedOut) throw new Error(`no answer within ${timeout} ms; so far: ${JSON.stringify(text)}`);
  return { text, statuses: statusesOf(text), closed };
}

/** Opens a connection to the server of a URL, from an address of ours. */
export async function open(url: string, localAddress?: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), ...(localAddress && { localAddress }) });
  socket.setNoDelay(true);
  await once(socket, 'connect');
  return socket;
}

/** One chunk of a body (RFC 9112, 7.1). */
export function chunk(bytes: string): string {
  return `${bytes.length.toString(16)}\r\n${bytes}\r\n`;
}

/** The same bytes again and again, `everyMs` apart; without an end. */
export async function* trickle(first: string, bytes: string, everyMs: number): AsyncGenerator<string> {
  yield first;
  for (;;) {
    await pause(everyMs);
    yield bytes;
  }
}

function statusesOf(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

/** Whether the last answer has come to its end, as far as it says how long it is. */
function isWhole(text: string): boolean {
  const start = text.lastIndexOf('HTTP/1.1 ');
  const end = text.indexOf('\r\n\r\n', start);
  if (end < 0) return false;
  const [, length = '0'] = /content-length: (\d+)/i.exec(text.slice(start, end)) ?? [];
  return text.length >= end + 4 + Number(length);
}
