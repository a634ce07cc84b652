import { CLASSIFY } from './classify.js';
import { FUNCTIONS } from './functions.js';
import { GRAYSCALE } from './grayscale.js';
import { medianOf } from './hops.js';
import type { Report } from './report.js';
import { START } from './start.js';
import { WAY } from './ways.js';

/** What was aimed at, and what was reached. */
export interface Target {
  readonly what: string;
  /** `reached` is to be at most this, or at least where `atLeast` says so. */
  readonly limit: number;
  readonly atLeast: boolean;
  readonly unit: '' | 'ms' | 's' | 'MB';
  /** NaN where the run was too noisy to tell. */
  readonly reached: number;
  readonly met: boolean;
}

/** The targets of all that the report has figures for. */
export function targetsOf(report: Report): Target[] {
  return [...grayscale(report), ...classify(report), ...ways(report), ...rest(report)];
}

function grayscale(report: Report): Target[] {
  const [small = '', , large = ''] = report.photos.map(({ name }) => name);
  const ratio = (photo: string, one: string, other: string) =>
    medianOf(report, 'grayscale', photo, one) / medianOf(report, 'grayscale', photo, other);
  const { native, process, fresh, filter, warm } = GRAYSCALE;
  if (report.latency.grayscale === undefined) return [];
  return [
    atMost(0.4, ratio(small, fresh, native), `grayscale, ${small}: fresh to native sharp`),
    atMost(0.3, ratio(small, warm, native), `grayscale, ${small}: warm to native sharp`),
    atMost(0.35, ratio(large, fresh, native), `grayscale, ${large}: fresh to native sharp`),
    atMost(0.35, ratio(large, warm, native), `grayscale, ${large}: warm to native sharp`),
    atMost(1.25, ratio(small, filter, fresh), `grayscale, ${small}: as a filter to frames, both fresh`),
    atMost(0.2, ratio(small, fresh, process), `grayscale, ${small}: fresh to a process per request`),
  ];
}

function classify(report: Report): Target[] {
  if (report.latency.classify === undefined) return [];
  return report.photos.flatMap(({ name: photo }) => {
    const ratio = (contender: string) =>
      medianOf(report, 'classify', photo, contender) / medianOf(report, 'classify', photo, CLASSIFY.native);
    return [
      atMost(1.15, ratio(CLASSIFY.warm), `classify, ${photo}: warm to native LiteRT`),
      atMost(1.5, ratio(CLASSIFY.fresh), `classify, ${photo}: fresh to native LiteRT`),
    ];
  });
}

function ways(report: Report): Target[] {
  const [small = ''] = report.photos.map(({ name }) => name);
  return FUNCTIONS.filter((name) => report.latency[name] !== undefined).flatMap((name) => {
    const at = (photo: string, contender: string) => medianOf(report, name, photo, contender);
    const fresh = name === 'grayscale' ? GRAYSCALE.fresh : CLASSIFY.fresh;
    const service = at(small, WAY.service) - at(small, fresh);
    return [
      atMost(1, aboveNoise(service), `${name}, ${small}: what the service adds to the function`, 'ms'),
      ...report.photos.map(({ name: photo }) => {
        const hello = at(photo, WAY.hello) - at(photo, WAY.service);
        const hops = at(photo, WAY.plainThroughSidecars) - at(photo, WAY.plain);
        return atMost(
          1.3,
          aboveNoise(hello) / aboveNoise(hops),
          `${name}, ${photo}: what /api/hello adds, to what two sidecars add`,
        );
      }),
    ];
  });
}

function rest({ throughput, memory, start }: Report): Target[] {
  const targets: Target[] = [];
  for (const load of throughput?.loads ?? []) {
    if (load.way !== 'service' || load.connections !== 8) continue;
    targets.push(
      atLeast(0.85, load.ofBound, `${load.function}: 8 connections at the service, of the CPU bound`),
    );
  }
  for (const { what, medianMs } of start ?? []) {
    if (what === START.services) targets.push(atMost(3, medianMs / 1000, `${what} ready`, 's'));
    else if (what === START.filter) targets.push(atMost(2, medianMs, what, 'ms'));
    else if (what === START.parent('grayscale')) targets.push(atMost(15, medianMs, `${what}, ready`, 'ms'));
    else if (FUNCTIONS.some((name) => what === START.fork(name)))
      targets.push(atMost(1.5, medianMs, `${what} ready`, 'ms'));
  }
  for (const forks of memory?.forks ?? []) {
    const hasModel = forks.function === 'classify';
    const what = `${forks.function}: eight ready forks and parent`;
    targets.push(atMost(hasModel ? 60 : 35, forks.eightForksAndParent, what, 'MB'));
    if (!hasModel) targets.push(atMost(20, forks.parentAlone, `${forks.function}: parent alone`, 'MB'));
  }
  if (memory !== undefined) {
    const growth = Math.max(
      ...memory.system.processes.map(({ afterFew, afterMany }) => afterMany / afterFew),
    );
    const what = `memory after ${memory.many} requests to that after ${memory.few}, the worst process`;
    targets.push(atMost(1.1, growth, what));
  }
  return targets;
}

/** A difference of medians that is not above 0 tells nothing: NaN. */
function aboveNoise(difference: number): number {
  return difference > 0 ? difference : Number.NaN;
}

function atMost(limit: number, reached: number, what: string, unit: Target['unit'] = ''): Target {
  return { what, limit, atLeast: false, unit, reached, met: reached <= limit };
}

function atLeast(limit: number, reached: number, what: string): Target {
  return { what, limit, atLeast: true, unit: '', reached, met: reached >= limit };
}
