import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createLogger, functionSettings, OwnFunctions, readConfig } from '@app/service-kit';
import { FunctionError, type FunctionPool } from '@app/wasmedge-node';
import { childrenOf } from '../processes.js';
import { type Weights, weigh } from './memory.js';

/** So that a mutant's size alone makes no work that takes long. */
const MAX_PIXELS = 2_000_000;

/** A function as its service runs it, without the service; after the test nothing of it is left. */
export async function openPool(t: TestContext, name: 'grayscale' | 'classify'): Promise<FunctionPool> {
  const environment = { LOG_LEVEL: 'error', LOG_FORMAT: 'json', MAX_PIXELS: String(MAX_PIXELS) };
  const config = readConfig(functionSettings({ appId: `image-api-${name}`, port: 0 }), environment);
  const logger = createLogger(name, config);
  const functions = await OwnFunctions.open({ config, logger });
  t.after(async () => {
    await functions.close();
    assert.deepEqual(childrenOf(process.pid), []);
  });
  const pool = functions.served.get(name)?.pool;
  assert.ok(pool);
  return pool;
}

/** Weighs the parent of the forks of this process's pool. */
export async function weighParentOfForks(): Promise<Weights> {
  const weights = Object.entries(weigh({ test: process.pid }));
  return Object.fromEntries(weights.filter(([name]) => name !== 'test'));
}

/**
 * Why the function refused its input: the first words of its message.
 *
 * @throws whatever is not the refusal of a bad input
 */
export function refusalOf(error: unknown): string {
  if (!(error instanceof FunctionError) || !error.code.startsWith('ERR_FUNCTION_INPUT')) throw error;
  const [words = ''] = error.message.split(':', 1);
  assert.match(error.message, /^(empty|unsupported format|too large|cannot be decoded): [^\n]+$/);
  return words;
}
