import { readFile } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
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
    start: async () => fork(await running()),
    close: async () => {
      const started = await server?.catch(() => undefined);
      await started?.close();
    },
  };
}

/** Connects for one fork; its pid comes first. */
async function fork(server: ForkServer): Promise<Instance> {
  const output = new ForkOutput();
  const socket = createConnection({ path: server.socket, onread: output.onread });
  const pid = await pidFrom(socket, output);
  const parent = await parentOf(pid);
  if (parent !== undefined && parent !== server.pid) {
    socket.destroy();
    throw new FunctionError('ERR_FUNCTION_UNAVAILABLE', `no fork could be made: process ${pid} is none`);
  }
  const gone = server.ended(pid);
  // One that has ended already says nothing that counts.
  if (parent === undefined) await gone;
  return {
    pid,
    input: socket,
    listen: (onOutput) => parent !== undefined && output.listen(onOutput),
    gone,
    kill: () => socket.destroy(),
  };
}

/**
 * The parent of a process (proc_pid_stat(5)); nothing once it has ended. A name in the abstract namespace is anybody's as
 * soon as the function's parent is gone: what answers then is no fork of it.
 */
async function parentOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  return stat === undefined ? undefined : Number(/^\d+ \(.*\) \S (\d+) /s.exec(stat)?.[1]);
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
