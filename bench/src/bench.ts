import { Display } from '@app/scripts/set-up';
import { classifyContenders } from './classify.js';
import { type Contender, compare, type Latency } from './contender.js';
import type { FunctionName } from './functions.js';
import { grayscaleContenders } from './grayscale.js';
import { hangUp } from './http.js';
import { measureKits } from './kits.js';
import { measureLanguages } from './languages.js';
import { describeMachine } from './machine.js';
import { measureForkMemory, measureSystemMemory } from './memory.js';
import { makePhotos, type Photo } from './photos.js';
import type { Report, Section } from './report.js';
import { measureStart } from './start.js';
import { type System, startSystemWithPlainApp } from './system.js';
import { measureThroughput } from './throughput.js';

/** How much is measured. */
interface Effort {
  /** How long each contender works uncounted, by photo: with the later ones all are warm. */
  readonly warmUpMs: readonly [number, number, number];
  /** Rounds for the small, the middle and the large photo; of these the slow contenders take part in `slowRounds`. */
  readonly rounds: readonly [number, number, number];
  readonly slowRounds: readonly [number, number, number];
  readonly seconds: number;
  readonly boundRequests: number;
  readonly few: number;
  readonly many: number;
  readonly instances: number;
  readonly systems: number;
}

const FULL: Effort = {
  warmUpMs: [3000, 0, 0],
  rounds: [100, 40, 20],
  slowRounds: [3, 1, 1],
  seconds: 5,
  boundRequests: 200,
  few: 2000,
  many: 20_000,
  instances: 30,
  systems: 5,
};
const QUICK: Effort = {
  warmUpMs: [500, 0, 0],
  rounds: [10, 4, 2],
  slowRounds: [1, 0, 0],
  seconds: 1,
  boundRequests: 30,
  few: 100,
  many: 300,
  instances: 6,
  systems: 1,
};

/** What is measured by a system that runs all the while. */
const OF_THE_SYSTEM: readonly Section[] = ['grayscale', 'classify', 'throughput'];

/** What to measure. */
export interface BenchOptions {
  readonly sections: readonly Section[];
  readonly quick: boolean;
  /** Rounds for each photo, in place of the usual. */
  readonly rounds?: number;
}

/** Measures, and shows how far it is. */
export async function bench({ sections, quick, rounds }: BenchOptions): Promise<Report> {
  const startedAt = performance.now();
  const machine = await describeMachine();
  const effort = quick ? QUICK : FULL;
  const display = new Display();
  const step = async <T>(name: string, work: (report: (progress: string) => void) => Promise<T>) => {
    display.start(name);
    const result = await work((progress) => display.report(name, progress));
    display.end(name, 'measured');
    return result;
  };
  try {
    const photos = await makePhotos();
    const [small] = photos;
    if (small === undefined) throw new Error('there is no photo');
    const report: Report = {
      machine,
      quick,
      photos: photos.map(({ name, jpeg }) => ({ name, bytes: jpeg.length })),
      latency: {},
      seconds: 0,
    };
    if (sections.includes('kits')) {
      report.kits = await step('kits', () => measureKits(5 * effort.instances));
    }
    if (sections.includes('languages')) {
      report.languages = await step('languages', (progress) => measureLanguages(effort.instances, progress));
    }
    // What starts and weighs its own system comes first, while no other one runs.
    if (sections.includes('start')) {
      report.start = await step('start', (progress) => measureStart({ ...effort, report: progress }));
    }
    if (sections.includes('memory')) {
      const { few, many } = effort;
      report.memory = await step('memory', async (progress) => ({
        forks: await measureForkMemory(),
        system: await measureSystemMemory(small, { few, many, report: progress }),
        few,
        many,
      }));
    }
    if (sections.some((section) => OF_THE_SYSTEM.includes(section))) {
      const system = await startSystemWithPlainApp();
      try {
        for (const name of ['grayscale', 'classify'] as const) {
          if (!sections.includes(name)) continue;
          report.latency[name] = await step(name, (progress) =>
            measureLatency(name, { system, photos, effort, rounds, report: progress }),
          );
        }
        if (sections.includes('throughput')) {
          report.throughput = await step('throughput', (progress) =>
            measureThroughput(system, small, { ...effort, report: progress }),
          );
        }
      } catch (cause) {
        throw new Error(`The bench was broken off. The services had written:\n${system.output()}`, { cause });
      } finally {
        await hangUp();
        await system.stop();
      }
    }
    report.seconds = (performance.now() - startedAt) / 1000;
    return report;
  } finally {
    display.close();
  }
}

interface LatencyOptions {
  readonly system: System;
  readonly photos: readonly Photo[];
  readonly effort: Effort;
  readonly rounds: number | undefined;
  readonly report: (progress: string) => void;
}

async function measureLatency(name: FunctionName, options: LatencyOptions): Promise<Latency[]> {
  const { system, photos, effort, report } = options;
  const open: (system: System) => Promise<{ contenders: Contender[]; close(): Promise<unknown> }> =
    name === 'grayscale' ? grayscaleContenders : classifyContenders;
  const { contenders, close } = await open(system);
  try {
    const all: Latency[] = [];
    for (const [index, photo] of photos.entries()) {
      const rounds = options.rounds ?? effort.rounds[index] ?? 1;
      const onRound = (round: number) => report(`${photo.name}, round ${round + 1} of ${rounds}`);
      all.push(
        ...(await compare(contenders, photo, {
          warmUpMs: effort.warmUpMs[index] ?? 0,
          rounds,
          slowRounds: effort.slowRounds[index] ?? 0,
          onRound,
        })),
      );
    }
    return all;
  } finally {
    await close();
  }
}
