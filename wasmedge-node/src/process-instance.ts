import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { FunctionError } from './errors.js';
import { commandLine, type FunctionCommand, runtimeEnvironment } from './function-command.js';
import type { Ending, Instance, InstanceSource } from './instance.js';

const STDERR_KEPT = 2000;

/** Instances that are processes of the WasmEdge CLI, with the frames on stdin and stdout. */
export function processInstances(
  command: FunctionCommand,
  { startTimeoutMs }: Pick<InstanceSource, 'startTimeoutMs'>,
): InstanceSource {
  return {
    startTimeoutMs,
    start: () => startProcess(command),
    close: async () => {},
  };
}

async function startProcess(command: FunctionCommand): Promise<Instance> {
  const child = spawn(command.wasmedge, commandLine(command), {
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
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  const gone = new Promise<Ending>((resolve) => {
    child.once('close', (code, signal) => {
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      const said = stderr.trim();
      resolve({ how: said === '' ? how : `${how}: ${said}`, killed: signal === 'SIGKILL' });
    });
  });
  child.stdout.on('error', () => {});
  return {
    pid: child.pid,
    input: child.stdin,
    listen: (onOutput) => child.stdout.on('data', onOutput),
    gone,
    kill: () => void child.kill('SIGKILL'),
  };
}
