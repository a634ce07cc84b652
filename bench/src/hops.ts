import { CLASSIFY } from './classify.js';
import { FUNCTIONS, type FunctionName } from './functions.js';
import { GRAYSCALE } from './grayscale.js';
import type { Report } from './report.js';
import { WAY } from './ways.js';

/** What one station of `POST /api/hello` takes of its time. */
export interface Hop {
  readonly function: FunctionName;
  readonly hop: string;
  /** By photo, in ms. */
  readonly ms: Readonly<Record<string, number>>;
}

/** Where the time of a request goes: differences of the medians, so the small ones are rough. */
export function hopsOf(report: Report): Hop[] {
  return FUNCTIONS.filter((name) => report.latency[name] !== undefined).flatMap((name) => {
    const hops = new Map<string, Record<string, number>>();
    for (const { name: photo } of report.photos) {
      for (const [hop, ms] of hopsAt(report, name, photo)) hops.set(hop, { ...hops.get(hop), [photo]: ms });
    }
    return [...hops].map(([hop, ms]) => ({ function: name, hop, ms }));
  });
}

function hopsAt(report: Report, name: FunctionName, photo: string): [string, number][] {
  const at = (contender: string) => medianOf(report, name, photo, contender);
  const service = at(WAY.service);
  const sidecars = at(WAY.plainThroughSidecars) - at(WAY.plain);
  const beforeService: [string, number][] =
    name === 'grayscale'
      ? [['function in a fresh fork', at(GRAYSCALE.fresh)]]
      : [
          ['sharp', at(CLASSIFY.shrink)],
          ['function in a fresh fork', at(CLASSIFY.fresh) - at(CLASSIFY.shrink)],
        ];
  return [
    ...beforeService,
    ['the rest of the service', service - at(name === 'grayscale' ? GRAYSCALE.fresh : CLASSIFY.fresh)],
    ['two sidecars', sidecars],
    ['web-port', at(WAY.hello) - service - sidecars],
    ['all of /api/hello', at(WAY.hello)],
  ];
}

/** A median of the report, in ms; NaN where it has none. */
export function medianOf(report: Report, name: FunctionName, photo: string, contender: string): number {
  const found = report.latency[name]?.find((each) => each.photo === photo && each.contender === contender);
  return found?.medianMs ?? Number.NaN;
}
