import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { z } from 'zod';
import type { Photo } from './photos.js';
import type { Way } from './system.js';

/** What a load generator is to do. */
export const LoadOrders = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  /** The picture. */
  file: z.string(),
  /** Requests that are under way at once. */
  connections: z.int().min(1),
  /** How long, unless `amount` says how many requests. */
  seconds: z.number().default(1),
  amount: z.int().optional(),
});

const LoadResult = z.object({
  /** Answers by status; requests without an answer by what went wrong. */
  statuses: z.record(z.string(), z.number()),
  /** Answers with status 200 in a second. */
  perSecond: z.number(),
  /** Of the answers with status 200. */
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
  /** CPU time of the load generator itself. */
  cpuMs: z.number(),
});

/** What a load generator saw. */
export type LoadResult = z.output<typeof LoadResult>;

const PROGRAM = fileURLToPath(new URL('load-generator.js', import.meta.url));

/** Sends a photo over many connections, from a process of its own. */
export async function load(
  { url, headers }: Way,
  photo: Pick<Photo, 'file'>,
  amount: { connections: number; seconds: number } | { connections: number; amount: number },
): Promise<LoadResult> {
  const orders: z.input<typeof LoadOrders> = { url, headers, file: photo.file, ...amount };
  const { stdout } = await execa(process.execPath, [PROGRAM, JSON.stringify(orders)]);
  return LoadResult.parse(JSON.parse(stdout));
}
