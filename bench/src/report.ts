import type { Latency } from './contender.js';
import type { FunctionName } from './functions.js';
import type { KitTime } from './kits.js';
import type { LanguageTime } from './languages.js';
import type { Machine } from './machine.js';
import type { ForkMemory, SystemMemory } from './memory.js';
import type { Photo } from './photos.js';
import type { StartTime } from './start.js';
import type { CpuBound, Throughput } from './throughput.js';

/** The parts of the bench, each of which can be run alone. */
export const SECTIONS = [
  'grayscale',
  'classify',
  'throughput',
  'memory',
  'start',
  'kits',
  'languages',
] as const;
export type Section = (typeof SECTIONS)[number];

/** What one run of the bench has measured; a section that was not run is missing. */
export interface Report {
  readonly machine: Machine;
  readonly quick: boolean;
  readonly photos: readonly (Pick<Photo, 'name'> & { readonly bytes: number })[];
  latency: Partial<Record<FunctionName, readonly Latency[]>>;
  throughput?: { readonly bounds: readonly CpuBound[]; readonly loads: readonly Throughput[] };
  memory?: {
    readonly forks: readonly ForkMemory[];
    readonly system: SystemMemory;
    /** How many requests `afterFew` and `afterMany` are. */
    readonly few: number;
    readonly many: number;
  };
  start?: readonly StartTime[];
  kits?: readonly KitTime[];
  languages?: readonly LanguageTime[];
  /** How long all of it took. */
  seconds: number;
}
