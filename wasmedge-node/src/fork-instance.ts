import { FunctionError } from './errors.js';
import { type ForkOptions, ForkServer } from './fork-server.js';
import { ForkSocket } from './fork-socket.js';
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
    kind: options.kind,
    startTimeoutMs: options.startTimeoutMs,
    log: options.log,
    start: async () => startFork(await running(), options.startTimeoutMs),
    close: async () => {
      const started = await server?.catch(() => undefined);
      await started?.close();
    },
  };
}

/** Connects for one fork. A parent that does not answer in time is killed. */
async function startFork(server: ForkServer, startTimeoutMs: number): Promise<Instance> {
  const output = new ForkSocket((onread) => server.connect(onread));
  const { socket } = output;
  const stuck = setTimeout(() => server.kill(), startTimeoutMs);
  try {
    const { pid, fork } = await server.forks.watch(output.pid);
    const ended = await Promise.race([output.confined, fork.gone]);
    if (ended !== undefined) throw new Error(ended.how);
    return {
      pid,
      input: socket,
      listen: (listener) => {
        fork.listen((line) => listener.line(line));
        output.listen((chunk) => listener.output(chunk));
      },
      gone: Promise.all([fork.gone, output.ended]).then(([ending]) => ending),
      kill: () => socket.destroy(),
    };
  } catch (cause) {
    socket.destroy();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FunctionError('ERR_FUNCTION_UNAVAILABLE', `no fork could be made: ${reason}`, { cause });
  } finally {
    clearTimeout(stuck);
  }
}
