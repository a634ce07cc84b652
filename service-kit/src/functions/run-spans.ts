import type { FunctionPool, RunOptions } from '@app/wasmedge-node';
import type { Response } from 'express';
import type { Traces } from '../traces/traces.js';

/** What the spans of a run say of it. */
export interface SpannedRun {
  readonly pool: FunctionPool;
  readonly options: RunOptions;
  readonly response: Response;
  /** The function's name. */
  readonly name: string;
  /** What holds it: `fork` or `process`. */
  readonly sandbox: string;
}

/** Runs a function within two spans: the wait for an instance, and the run itself, which there is none of if none was free. */
export async function runWithSpans(
  traces: Traces,
  input: Uint8Array,
  { pool, options, response, name, sandbox }: SpannedRun,
): Promise<Buffer> {
  const about = { 'function.name': name };
  let span = traces.start(response, { name: 'wait for an instance', attributes: about });
  let isRunning = false;
  const onStart = () => {
    traces.end(response, span);
    isRunning = true;
    span = traces.start(response, {
      name: `run ${name}`,
      attributes: { ...about, 'function.sandbox': sandbox, 'function.input.bytes': input.length },
    });
  };
  try {
    const output = await pool.run(input, { ...options, onStart });
    span.setAttributes({ 'function.outcome': 'ok', 'function.output.bytes': output.length });
    traces.end(response, span);
    return output;
  } catch (error) {
    if (isRunning) span.setAttribute('function.outcome', 'failed');
    traces.end(response, span, error);
    throw error;
  }
}
