import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { parts } from '@app/scripts/paths';
import { findRuntime } from '@app/wasmedge-node';
import sharp from 'sharp';

/** What the figures were measured on. */
export interface Machine {
  readonly date: string;
  readonly processor: string;
  readonly processors: number;
  readonly memoryGb: number;
  readonly linux: string;
  readonly node: string;
  readonly wasmedge: string;
  readonly sharp: string;
  /** Processes that wanted to run in the minute before: above 0.5 something else was busy too. */
  readonly loadBefore: number;
}

/** Describes this machine. */
export async function describeMachine(): Promise<Machine> {
  const { version } = await findRuntime(parts.wasmedge, parts.plugins);
  return {
    date: new Date().toISOString().slice(0, 16),
    processor: cpus()[0]?.model ?? process.arch,
    processors: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    linux: release(),
    node: process.versions.node,
    wasmedge: version,
    sharp: sharp.versions.sharp ?? 'unknown',
    loadBefore: loadavg()[0] ?? 0,
  };
}
