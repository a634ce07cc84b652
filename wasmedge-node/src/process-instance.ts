import { spawn } from 'node:child_process';
import { once } from 'node:events';
import split from 'split2';
import { FunctionError } from './errors.js';
import { commandLine, type FunctionCommand, runtimeEnvironment } from './function-command.js';
import type { Ending, Instance, InstanceSource } from './instance.js';

/** A line that is longer is left out, and of more lines the last ones are kept. */
const SPLIT = { maxLength: 16 * 1024, skipOverflow: true };
const MAX_LINES = 20;

/** The exit code of the WasmEdge CLI for a program that trapped, and how much its log of that has at most. */
const TRAPPED = 134;
const LOG_BYTES = 2000;

/**
 * Instances that are processes of the WasmEdge CLI, one for each request, with the input on stdin and the result on stdout:
 * the original's way, whatever the function's kind. The kernel does not confine them.
 */
export function processInstances(
  command: FunctionCommand,
  { startTimeoutMs, log }: Pick<InstanceSource, 'startTimeoutMs' | 'log'>,
): InstanceSource {
  return {
    kind: 'filter',
    startTimeoutMs,
    log,
    start: () => startProcess(command),
    close: async () => {},
  };
}

async function startProcess(command: FunctionCommand): Promise<Instance> {
  const child = spawn(command.wasmedge, commandLine(command, 'filter'), {
    env: runtimeEnvironment(command),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  await once(child, 'spawn').catch((cause: Error) => {
    throw new FunctionError(
      'ERR_FUNCTION_UNAVAILABLE',
      `${command.wasmedge} could not be run: ${cause.message}`,
      { cause },
    );
  });
  // Of a signal that could not be sent.
  child.on('error', () => {});
  const lines: string[] = [];
  const stderr = child.stderr.pipe(split(SPLIT)).on('data', (line: string) => {
    lines.push(line);
    if (lines.length > MAX_LINES) lines.shift();
  });
  // WasmEdge writes why a program trapped to stdout, behind what the program wrote there.
  let end = '';
  child.stdout.on('data', (chunk: Buffer) => {
    end = (end + chunk.toString('latin1')).slice(-LOG_BYTES);
  });
  const gone = new Promise<Ending>((resolve) => {
    child.once('close', (code, signal) => {
      const how = signal === null ? `exit ${code}` : `signal ${signal}`;
      const trap = code === TRAPPED ? end.split('\n').filter((line) => line.includes('[error]')) : [];
      const said = code === 0 ? [] : [...lines, ...trap];
      resolve({
        how: [how, ...said].join(': '),
        exitCode: code ?? undefined,
        killed: signal === 'SIGKILL',
      });
    });
  });
  child.stdout.on('error', () => {});
  return {
    pid: child.pid,
    input: child.stdin,
    listen: ({ output, line }) => {
      child.stdout.on('data', output);
      stderr.on('data', line);
    },
    gone,
    kill: () => void child.kill('SIGKILL'),
  };
}
