import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import waitFor from 'p-wait-for';
import { parts } from './built-parts.js';

/** Longest time that anything here may take, in ms. */
const WAIT = { timeout: 20_000, interval: 5 };

/** What a parent is started with. */
export interface ParentOptions {
  readonly guest: 'forked' | 'escape' | 'plain' | 'filter';
  readonly kind?: 'wasm' | 'so';
  /** WASM_FUNCTION_… without that prefix; SOCKET is set if it is not in here. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Options of the WasmEdge CLI. */
  readonly options?: readonly string[];
}

/** The WasmEdge CLI with the plug-in `wasm_function`, as a service starts it. */
export class ForkParent {
  readonly #scratch = mkdtempSync(join(tmpdir(), 'fork-parent-'));
  /** The folder that it makes for its socket. */
  readonly folder = join(this.#scratch, 'private');
  readonly socket = join(this.folder, 'socket');
  readonly process: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #sockets: Socket[] = [];

  /** Starts a parent, and after the test ends it and sees that nothing is left. */
  static async start(t: TestContext, options: ParentOptions): Promise<ForkParent> {
    const parent = new ForkParent(options);
    t.after(() => parent.#end());
    return parent;
  }

  /** Starts a parent and waits until it takes connections. */
  static async ready(t: TestContext, options: ParentOptions): Promise<ForkParent> {
    const parent = await ForkParent.start(t, options);
    await parent.says(/^ready$/m);
    return parent;
  }

  private constructor({ guest, kind = 'so', settings = {}, options = [] }: ParentOptions) {
    const prefixed = Object.entries({ SOCKET: this.socket, ...settings }).map(([name, value]) => [
      `WASM_FUNCTION_${name}`,
      value,
    ]);
    this.process = spawn(parts.wasmedge, [...options, parts.guest(guest, kind)], {
      env: { WASMEDGE_PLUGIN_PATH: `${parts.plugins}:${parts.testPlugins}`, ...Object.fromEntries(prefixed) },
      stdio: 'pipe',
    });
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.process.stdin?.on('error', () => {});
  }

  get pid(): number {
    return this.process.pid ?? assert.fail('the parent was not started');
  }

  /** Waits for a line on stdout: its first group. */
  async says(line: RegExp): Promise<string> {
    let found: RegExpExecArray | null = null;
    await waitFor(() => {
      found = line.exec(this.stdout);
      return found !== null || this.process.exitCode !== null;
    }, WAIT);
    assert.ok(found, `the parent did not say ${line}: ${this.stdout}${this.stderr}`);
    return found[1] ?? '';
  }

  /** How the fork ended, once it has: `exit 0`, `signal 9`. */
  ended(pid: number): Promise<string> {
    return this.says(new RegExp(`^ended ${pid} (.+)$`, 'm'));
  }

  /** Waits for the end of the parent itself. */
  async exit(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    await waitFor(() => this.process.exitCode !== null || this.process.signalCode !== null, WAIT);
    return { code: this.process.exitCode, signal: this.process.signalCode };
  }

  /** A connection that has said nothing yet. */
  connect(): Fork {
    const socket = createConnection({ path: this.socket, allowHalfOpen: true });
    this.#sockets.push(socket);
    return new Fork(socket);
  }

  /** A fork that has told its pid and, unless it is a plain program, its ready mark. */
  async fork(mark = 'WFN1'): Promise<Fork> {
    const fork = this.connect();
    await fork.greeting(mark);
    return fork;
  }

  async #end(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.process.stdin?.destroy();
    await this.exit();
    rmSync(this.#scratch, { recursive: true });
  }
}

/** The owner's end of one connection. */
export class Fork {
  readonly socket: Socket;
  pid = 0;
  #received = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    // How a fork ended is what its parent says.
    socket.on('error', () => {});
  }

  /** Bytes that have come and were not taken. */
  get unread(): number {
    return this.#received.length;
  }

  async greeting(mark: string): Promise<void> {
    this.pid = (await this.take(4)).readUInt32LE();
    const confined = 'C';
    assert.equal((await this.take(confined.length + mark.length)).toString(), confined + mark);
  }

  /** Takes the next bytes; fewer when the connection ends before. */
  async take(count: number): Promise<Buffer> {
    await waitFor(() => this.unread >= count || this.socket.readableEnded || this.socket.destroyed, WAIT);
    const taken = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return taken;
  }

  /** Sends one request. */
  send(request: string): void {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(Buffer.byteLength(request));
    this.socket.write(Buffer.concat([length, Buffer.from(request)]));
  }

  /** The answer to one request; `undefined` if the fork ended instead. */
  async ask(request: string): Promise<string | undefined> {
    this.send(request);
    const header = await this.take(5);
    return header.length < 5 ? undefined : (await this.take(header.readUInt32LE(1))).toString();
  }

  /** Waits until the other end has closed the connection. */
  async closed(): Promise<void> {
    if (!this.socket.readableEnded && !this.socket.destroyed) await once(this.socket, 'end');
  }
}

/** Whether there is a process of that pid, be it a zombie. */
export function exists(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** Waits until there is no such process. */
export function vanished(pid: number): Promise<void> {
  return waitFor(() => !exists(pid), WAIT);
}
