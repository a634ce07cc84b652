import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { FunctionError } from './errors.js';
import { type ForkOptions, ForkServer } from './fork-server.js';
import type { FunctionCommand } from './function-command.js';
import type { Instance, InstanceSource } from './instance.js';

const PID_BYTES = 4;

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
    start: async () => fork(await running()),
    close: async () => {
      const started = await server?.catch(() => undefined);
      await started?.close();
    },
  };
}

/** Connects for one fork; its pid comes first. */
async function fork(server: ForkServer): Promise<Instance> {
  const socket = createConnection(server.socket);
  const pid = await readPid(socket);
  return { pid, input: socket, output: socket, gone: server.ended(pid), kill: () => socket.destroy() };
}

async function readPid(socket: Socket): Promise<number> {
  try {
    for (;;) {
      const bytes: unknown = socket.read(PID_BYTES);
      if (bytes instanceof Buffer && bytes.length === PID_BYTES) return bytes.readUInt32LE();
      if (socket.readableEnded) throw new Error('the connection was closed');
      await Promise.race([once(socket, 'readable'), once(socket, 'end')]);
    }
  } catch (cause) {
    socket.destroy();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FunctionError('ERR_FUNCTION_UNAVAILABLE', `no fork could be made: ${reason}`, { cause });
  }
}
