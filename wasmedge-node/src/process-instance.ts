import { spawn } from 'node:child_process';
import { once } from 'node:events';
import split from 'split2';
import { FunctionError } from './errors.js';
import { commandLine, type FunctionCommand, runtimeEnvironment } from './function-command.js';
import { type Ending, type Instance, type InstanceSource, TRAPPED } from './instance.js';
import { LastLines } from './last-lines.js';

/** A line that is longer is left out. */
const SPLIT = { maxLength: 16 * 1024, skipOverflow: true };

/** How much WasmEdge's log of a trap has at most. */
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
  const lines = new LastLines();
  const stderr = child.stderr.pipe(split(SPLIT)).on('data', (line: string) => lines.push(line));
  // WasmEdge writes why a program trapped to stdout, behind what the program wrote there.
  let end = '';
  child.stdout.on('data', (chunk: Buffer) => {
    end = (end + chunk.toString('latin1')).slice(-LOG_BYTES);
  });
  const gone = new Promise<Ending>((resolve) => {
    child.once('close', (code, signal) => {
      const how = signal === null ? `exit ${code}` : `signal ${signal}`;
      if (code === TRAPPED)
        for (const line of end.split('\n')) if (line.includes('[error]')) lines.push(line);
      resolve({
        how: code === 0 ? how : lines.after(how),
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
