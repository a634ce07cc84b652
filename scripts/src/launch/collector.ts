import { access } from 'node:fs/promises';
import getPort from 'get-port';
import { collector } from '../setup/jaeger.js';
import { userEnvironment } from '../user-environment.js';
import { LaunchError } from './errors.js';
import { anyFreePort } from './ports.js';
import { untilHealthy } from './readiness.js';
import type { ProcessDescription } from './supervised-process.js';

const NAME = 'jaeger';

/** Where people look for Jaeger's page, and programs for a collector. */
const PORTS = { page: 16_686, otlp: 4318 } as const;
const READY_WITHIN_MS = 30_000;

/** The collector of one launch. */
export interface Collector {
  /** Where it takes spans. */
  readonly endpoint: string;
  /** Where it shows them. */
  readonly page: string;
  readonly process: ProcessDescription;
}

/**
 * The collector that shows where the time of requests goes: Jaeger, on its usual ports where they are free.
 *
 * @param isFreeChoice whether it takes any ports
 * @param files what set-up has made
 * @throws LaunchError ERR_LAUNCH_COLLECTOR where it is not set up
 */
export async function collectorOf(isFreeChoice: boolean, files = collector): Promise<Collector> {
  await access(files.program).catch((cause: Error) => {
    throw new LaunchError(
      'ERR_LAUNCH_COLLECTOR',
      `Nothing was started: there is no collector at ${files.program}. \`npm start -- --traces\` brings it in.`,
      { cause },
    );
  });
  const portOf = (usual: number) => (isFreeChoice ? anyFreePort() : getPort({ port: usual }));
  const [pagePort, otlpPort] = [await portOf(PORTS.page), await portOf(PORTS.otlp)];
  const page = `http://127.0.0.1:${pagePort}/`;
  return {
    endpoint: `http://127.0.0.1:${otlpPort}`,
    page: page.replace('127.0.0.1', 'localhost'),
    process: {
      name: NAME,
      command: files.program,
      arguments: ['--config', files.configuration],
      cwd: process.cwd(),
      env: {
        ...userEnvironment(),
        PAGE_FOLDER: files.page,
        PAGE_PORT: String(pagePort),
        OTLP_PORT: String(otlpPort),
      },
      logFile: undefined,
      mayFinish: false,
      stableAfterMs: 0,
      untilReady: (signal) =>
        untilHealthy(NAME, [page], { timeoutMs: READY_WITHIN_MS, signal, lines: 'its lines above' }),
    },
  };
}
