import { execa } from 'execa';
import { parts } from './built-parts.js';

/** How a function is run. */
export interface RunOptions {
  /** Compiled ahead of time (default) or interpreted. */
  readonly kind?: 'so' | 'wasm';
  /** The guest's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Host folder that the guest sees as /model. */
  readonly model?: string;
}

/** What a plain run of a function ended with. */
export interface FunctionRun {
  readonly exitCode: number | undefined;
  readonly output: Buffer;
  /** What it wrote to stderr. */
  readonly message: string;
}

/** One answer of serve mode. */
export interface FunctionAnswer {
  /** 0 ok, 1 bad input, 2 failure. */
  readonly status: number;
  readonly payload: Buffer;
}

/** Runs a function of functions/ as a plain filter in the real WasmEdge. */
export async function runFunction(
  name: string,
  input: Uint8Array,
  { kind = 'so', env = {}, model }: RunOptions = {},
): Promise<FunctionRun> {
  const args = [
    ...(model === undefined ? [] : ['--dir', `/model:${model}:readonly`]),
    ...Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
    parts.function(name, kind),
  ];
  const { exitCode, stdout, stderr } = await execa(parts.wasmedge, args, {
    input,
    encoding: 'buffer',
    env: { WASMEDGE_PLUGIN_PATH: parts.plugins },
    maxBuffer: 2 ** 30,
    reject: false,
    stripFinalNewline: false,
    timeout: 60_000,
  });
  return { exitCode, output: Buffer.from(stdout), message: Buffer.from(stderr).toString() };
}

/** Runs a function in serve mode over a list of requests, until its input ends. */
export async function serveFunction(
  name: string,
  requests: readonly Uint8Array[],
  options: RunOptions = {},
): Promise<{
  readonly ready: string;
  readonly answers: readonly FunctionAnswer[];
  readonly run: FunctionRun;
}> {
  const frames = requests.flatMap((request) => [lengthOf(request), request]);
  const env = { ...options.env, WASM_FUNCTION_MODE: 'serve' };
  const run = await runFunction(name, Buffer.concat(frames), { ...options, env });
  return { ready: run.output.toString('latin1', 0, 4), answers: answersIn(run.output.subarray(4)), run };
}

function lengthOf(request: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(request.length);
  return length;
}

function answersIn(output: Buffer): FunctionAnswer[] {
  const answers: FunctionAnswer[] = [];
  for (let at = 0; at < output.length; ) {
    const end = at + 5 + output.readUInt32LE(at + 1);
    answers.push({ status: output.readUInt8(at), payload: output.subarray(at + 5, end) });
    at = end;
  }
  return answers;
}
