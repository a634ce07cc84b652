import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { FunctionCommand } from '@app/wasmedge-node';

/**
 * Runs a function as the original application does: a WasmEdge process for the one request, the picture on stdin, the
 * result on stdout.
 *
 * @throws Error with what it wrote to stderr when it does not end well
 */
export async function runFilter(command: FunctionCommand, input: Buffer): Promise<Buffer> {
  const folders = Object.entries(command.folders).flatMap(([guest, host]) => [
    '--dir',
    `${guest}:${host}:readonly`,
  ]);
  const child = spawn(command.wasmedge, [...command.runArguments, ...folders, command.file], {
    env: { WASMEDGE_PLUGIN_PATH: command.pluginFolder },
  });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdin.on('error', () => {}); // How it ended says more.
  child.stdin.end(input);
  const [code, signal]: unknown[] = await once(child, 'close');
  if (code !== 0) {
    throw new Error(`${command.file} ended with ${code ?? signal}: ${Buffer.concat(errors)}`);
  }
  return Buffer.concat(output);
}
