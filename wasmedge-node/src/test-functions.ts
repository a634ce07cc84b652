import { fileURLToPath } from 'node:url';
import type { FunctionCommand } from './function-command.js';

const runtime = fileURLToPath(new URL('../../.runtime', import.meta.url));

/** For tests: a program of `test/guests`, compiled. */
export function testFunction(
  name: 'misbehave' | 'filter' | 'plain',
  kind: 'wasm' | 'so' = 'so',
): FunctionCommand {
  return {
    wasmedge: process.env.WASMEDGE ?? `${runtime}/wasmedge/bin/wasmedge`,
    runArguments: [],
    file: `${runtime}/test-guests/${name}.${kind}`,
    folders: {},
    environment: {},
    memoryPages: 1024,
    pluginFolder: `${runtime}/plugins`,
  };
}

/** For tests: a function that serves, and breaks its contract in the way that its input names. */
export const misbehavingFunction = testFunction('misbehave');

/** For tests: it is forked before it starts, so that each way to start wrongly is that of one fork. */
export const forkOptions = {
  kind: 'serve',
  forkAt: 'start',
  verify: async () => {},
  cpuSeconds: 60,
  startTimeoutMs: 10_000,
  log: () => {},
} as const;

/** For tests: a pool of one instance, in which each request gets a new one. */
export const poolOptions = {
  instances: 1,
  requestsPerInstance: 1,
  retireAboveBytes: Number.POSITIVE_INFINITY,
  queueLimit: 10,
  timeoutMs: 10_000,
  maxOutputBytes: 1024 ** 2,
} as const;
