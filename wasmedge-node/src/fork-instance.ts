import type { Socket } from 'node:net';
import { FunctionError } from './errors.js';
import { ForkOutput } from './fork-output.js';
import { type ForkOptions, ForkServer } from './fork-server.js';
import type { FunctionCommand } from './function-command.js';
import type { Instance, InstanceSource } from './instance.js';

/** Instances that are forks of one parent, which is started with the first of them, and again when it has ended. */
export function forkInstances(command: FunctionCommand, options: ForkOptions): InstanceSource {
  let server: Promise<ForkServer> | undefined;
  const running = (): Promise<ForkServer> => {
    server ??= startServer();
    return server;
  };
  const startServer = async (): Promise<ForkServer> => {
    try {
      const started = await ForkServer.start(command, options);
      void started.gone.then(() => {
        server = undefined;
      });
      return started;
    } catch (error) {
      server = undefined;
      throw error;
    }
  };
  return {
    startTimeoutMs: options.startTimeoutMs,
    start: async () => fork(await running(), options.startTimeoutMs),
    close: async () => {
      const started = await server?.catch(() => undefined);
      await started?.close();
    },
  };
}

/** Connects for one fork; its pid comes first. A parent that does not answer in time is killed. */
async function fork(server: ForkServer, startTimeoutMs: number): Promise<Instance> {
  const output = new ForkOutput();
  const socket = server.connect({ onread: output.onread });
  const stuck = setTimeout(() => server.kill(), startTimeoutMs);
  const { pid, gone } = await server.watch(pidFrom(socket, output)).finally(() => clearTimeout(stuck));
  return {
    pid,
    input: socket,
    listen: (onOutput) => output.listen(onOutput),
    gone,
    kill: () => socket.destroy(),
  };
}

async function pidFrom(socket: Socket, output: ForkOutput): Promise<number> {
  try {
    return await new Promise<number>((resolve, reject) => {
      output.pid.then(resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the connection was closed')));
    });
  } catch (cause) {
    socket.destroy();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FunctionError('ERR_FUNCTION_UNAVAILABLE', `no fork could be made: ${reason}`, { cause });
  }
}
