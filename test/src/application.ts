import assert from 'node:assert/strict';
import { type RunningApp, startApps } from './launcher.js';

/** The three services with their sidecars, on free ports. */
export interface Application {
  /** By app id, in the run file's order. */
  readonly apps: ReadonlyMap<string, RunningApp>;
  /** Where web-port listens: `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** The folder that all of them have for temporary files. */
  readonly folder: string;
  /** What services and sidecars have written so far, each line behind the name of its process. */
  output(): string;
  /** Stops all gracefully and checks that none of their processes is left. */
  stop(): Promise<void>;
}

/**
 * Starts the services of dapr.yaml, or of another run file, with real sidecars; resolves when all of them serve.
 *
 * @param options.env of services and sidecars; the run file's `env` wins over it
 */
export async function startApplication(
  options: { readonly env?: Readonly<Record<string, string>>; readonly file?: string } = {},
): Promise<Application> {
  const running = await startApps(options);
  return { ...running, url: running.apps.get('web-port')?.url ?? assert.fail('there is no web-port') };
}
