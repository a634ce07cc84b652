import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FunctionDescription } from '@app/function-manifest';
import { z } from 'zod';
import { originList } from '../http/access.js';
import { integer, serverSettings } from '../process/config.js';
import { processors } from '../process/processors.js';

/** What set-up has built; see `scripts/`. */
const runtimeFolder = fileURLToPath(new URL('../../../.runtime', import.meta.url));

/** The WasmEdge that set-up has brought in; it does so only where none that is fit is installed. */
const ownWasmEdge = [`${runtimeFolder}/wasmedge/bin/wasmedge`].find((file) => existsSync(file));

/**
 * Settings of a service whose answers are made by functions: those of the app `APP_ID`.
 *
 * `WASMEDGE` is the executable (default: set-up's, else the first that is installed), `INSTANCE_KIND` what runs a request:
 * a fork in the kernel's sandbox or a process without it, `COMPILE` whether code for another processor is compiled anew,
 * `RETIRE_ABOVE_BYTES` the memory above which an instance sees no other request. The others win over each function's manifest; see `withSettings`.
 */
export function functionSettings({ port, appId }: { port: number; appId: string }) {
  return {
    ...serverSettings({ port }),
    APP_ID: z.string().min(1).default(appId),
    APP_API_TOKEN: z.string().optional(),
    CORS_ORIGINS: originList({ default: '*' }),
    WASMEDGE: z
      .string()
      .optional()
      .transform((path) => path ?? ownWasmEdge),
    WASMEDGE_PLUGIN_PATH: z.string().default(`${runtimeFolder}/plugins`),
    INSTANCE_KIND: z.enum(['fork', 'process']).default('fork'),
    RETIRE_ABOVE_BYTES: integer({ min: 1, max: 2 ** 40 }).default(128 * 1024 ** 2),
    COMPILE: z.enum(['never', 'start']).default('never'),
    FUNCTION: z.string().optional(),
    INSTANCES: integer({ min: 1, max: 500 }).optional(),
    REQUESTS_PER_INSTANCE: integer({ min: 1, max: 1_000_000 }).optional(),
    QUEUE_LIMIT: integer({ min: 0, max: 10_000 }).optional(),
    MEMORY_PAGES: integer({ min: 16, max: 65_536 }).optional(),
    MAX_PIXELS: integer({ min: 1, max: 1_000_000_000 }).optional(),
  };
}

/** The settings of `functionSettings`, read. */
export type FunctionConfig = z.output<z.ZodObject<ReturnType<typeof functionSettings>>>;

/** A function as a service runs it: its manifest, what the operator has set in place of that, and no gaps. */
export type RunnableFunction = FunctionDescription & { readonly instances: number };

/**
 * Puts the operator's settings in place of what a function's manifest says.
 *
 * @param available how many processors there are for it: so many instances it has where nobody says how many
 */
export function withSettings(
  description: FunctionDescription,
  config: FunctionConfig,
  available: number = processors(),
): RunnableFunction {
  const { limits } = description;
  return {
    ...description,
    limits: {
      memoryPages: config.MEMORY_PAGES ?? limits.memoryPages,
      timeoutMs: config.TIMEOUT_MS ?? limits.timeoutMs,
      inputBytes: config.MAX_UPLOAD_BYTES ?? limits.inputBytes,
      outputBytes: limits.outputBytes,
      pixels: config.MAX_PIXELS ?? limits.pixels,
    },
    instances: config.INSTANCES ?? description.instances ?? available,
    queue: config.QUEUE_LIMIT ?? description.queue,
    requestsPerInstance: config.REQUESTS_PER_INSTANCE ?? description.requestsPerInstance,
  };
}
