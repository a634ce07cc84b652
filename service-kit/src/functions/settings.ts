import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { integer, serverSettings } from './config.js';
import { originList } from './origins.js';

/** What set-up has built; see `scripts/`. */
const runtimeFolder = fileURLToPath(new URL('../../.runtime', import.meta.url));

/** The WasmEdge that set-up has brought in; it does so only where none that is fit is installed. */
const ownWasmEdge = [`${runtimeFolder}/wasmedge/bin/wasmedge`].find((file) => existsSync(file));

/**
 * Settings of a service whose answers are made by a function.
 *
 * `FUNCTION` is the compiled function (default: the one that set-up built), `WASMEDGE` the executable (default:
 * set-up's, else the first that is installed), `INSTANCES` how many run at once, `REQUESTS_PER_INSTANCE` how many
 * pictures one sandbox sees, `RETIRE_ABOVE_BYTES` the memory above which it sees no other, `MEMORY_PAGES` the most memory of one (pages of 64 KiB), `MAX_PIXELS` the largest picture.
 */
export function functionSettings({ port, name }: { port: number; name: string }) {
  return {
    ...serverSettings({ port }),
    APP_API_TOKEN: z.string().optional(),
    CORS_ORIGINS: originList({ whenUnset: '*' }),
    FUNCTION: z.string().default(`${runtimeFolder}/functions/${name}/${name}.so`),
    WASMEDGE: z
      .string()
      .optional()
      .transform((path) => path ?? ownWasmEdge),
    WASMEDGE_PLUGIN_PATH: z.string().default(`${runtimeFolder}/plugins`),
    INSTANCES: integer({ min: 1, max: 500, whenUnset: availableParallelism() }),
    REQUESTS_PER_INSTANCE: integer({ min: 1, max: 1_000_000, whenUnset: 1 }),
    RETIRE_ABOVE_BYTES: integer({ min: 1, max: 2 ** 40, whenUnset: 128 * 1024 ** 2 }),
    QUEUE_LIMIT: integer({ min: 0, max: 10_000, whenUnset: 32 }),
    MEMORY_PAGES: integer({ min: 16, max: 65_536, whenUnset: 16_384 }),
    MAX_PIXELS: integer({ min: 1, max: 1_000_000_000, whenUnset: 50_000_000 }),
  };
}

/** The settings of `functionSettings`, read. */
export type FunctionConfig = z.output<z.ZodObject<ReturnType<typeof functionSettings>>>;
