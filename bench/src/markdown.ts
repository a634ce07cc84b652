import { markdownTable } from 'markdown-table';
import type { Latency } from './contender.js';
import { hopsOf } from './hops.js';
import { photoDescription } from './photos.js';
import type { Report } from './report.js';
import { median } from './sample.js';
import { targetsOf } from './targets.js';

/** The report as Markdown, which is also what is read on a terminal: tables are aligned. */
export function toMarkdown(report: Report): string {
  return [
    heading(report),
    ...latency('Grayscale', report.latency.grayscale),
    ...latency('Classify', report.latency.classify),
    ...hops(report),
    ...throughput(report),
    ...memory(report),
    ...start(report),
    ...kits(report),
    ...languages(report),
    ...targets(report),
  ].join('\n\n');
}

function heading({ machine, photos, quick, seconds }: Report): string {
  const { date, processor, processors, memoryGb, linux, node, wasmedge, sharp, loadBefore } = machine;
  const busy = loadBefore > 0.5 ? '; **the machine was busy: do not trust the figures**' : '';
  const sizes = photos.map(({ name, bytes }) => `${name} (${kilobytes(bytes)})`).join(', ');
  return [
    `${date} UTC, one ${quick ? 'quick ' : ''}run of ${Math.round(seconds)} s: ${processors} × ${processor}, ${memoryGb} GB, Linux ${linux}, Node ${node}, WasmEdge ${wasmedge}, sharp ${sharp}. Load average before: ${loadBefore.toFixed(1)}${busy}.`,
    `Photos: ${photoDescription}: ${sizes}.`,
  ].join('\n\n');
}

function latency(title: string, all: readonly Latency[] | undefined): string[] {
  if (all === undefined) return [];
  const photos = [...new Set(all.map(({ photo }) => photo))];
  const contenders = [...new Set(all.map(({ contender }) => contender))];
  const rows = contenders.map((contender) => [
    contender,
    ...photos.flatMap((photo) => {
      const found = all.find((each) => each.photo === photo && each.contender === contender);
      if (found === undefined) return ['–', '', '', ''];
      return [figure(found.medianMs), figure(found.p95Ms), found.ratio.toFixed(2), String(found.runs)];
    }),
  ]);
  const head = ['ms', ...photos.flatMap((photo) => [photo, 'p95', 'ratio', 'runs'])];
  return [`### ${title}`, 'Medians, p95, and the median to that of the first line.', table([head, ...rows])];
}

function hops(report: Report): string[] {
  const photos = report.photos.map(({ name }) => name);
  const rows = hopsOf(report).map(({ function: name, hop, ms }) => [
    name,
    hop,
    ...photos.map((photo) => figure(ms[photo] ?? Number.NaN)),
  ]);
  if (rows.length === 0) return [];
  return [
    '### Hop by hop',
    'Where the time of `POST /api/hello` goes, in ms: differences of the medians above, so the small ones are rough.',
    table([['function', 'hop', ...photos], ...rows]),
  ];
}

function throughput({ throughput, photos }: Report): string[] {
  if (throughput === undefined) return [];
  const bounds = throughput.bounds.map(
    ({ function: name, cpuMsPerRequest, perSecond }) =>
      `${name} ${figure(cpuMsPerRequest)} ms, so at most ${figure(perSecond)} in a second`,
  );
  const rows = throughput.loads.map((load) => [
    load.function,
    load.way === 'hello' ? '/api/hello' : 'service',
    String(load.connections),
    figure(load.perSecond),
    percent(load.ofBound),
    figure(load.p50Ms ?? Number.NaN),
    figure(load.p99Ms ?? Number.NaN),
    counted(load.statuses),
  ]);
  const users = Object.keys(throughput.loads[0]?.cpuPerAnswer ?? {});
  const costs = throughput.loads.map(({ function: name, way, connections, cpuPerAnswer }) => [
    name,
    way === 'hello' ? '/api/hello' : 'service',
    String(connections),
    ...users.map((user) => figure(cpuPerAnswer[user] ?? Number.NaN)),
  ]);
  return [
    '### Throughput',
    `The ${photos[0]?.name} photo. CPU time of the function alone, each request in a fresh fork: ${bounds.join('; ')}. Times are of the answers with status 200.`,
    table([['function', 'at', 'connections', 'per s', 'of bound', 'p50 ms', 'p99 ms', 'answers'], ...rows]),
    'CPU time for one answer with status 200, in ms, by the process that used it:',
    table([['function', 'at', 'connections', ...users], ...costs]),
  ];
}

function memory({ memory }: Report): string[] {
  if (memory === undefined) return [];
  const forks = memory.forks.map((each) => [
    each.function,
    ...[each.parentAlone, each.oneFork, each.eightForksAndParent].map(figure),
  ]);
  const system = memory.system.processes.map((each) => [
    each.process,
    ...[each.idle, each.loaded, each.afterFew, each.afterMany].map(figure),
    (each.afterMany / each.afterFew).toFixed(2),
  ]);
  const sum = (key: 'idle' | 'loaded' | 'afterFew' | 'afterMany') =>
    figure(memory.system.processes.reduce((total, each) => total + each[key], 0));
  const total = ['all', sum('idle'), sum('loaded'), sum('afterFew'), sum('afterMany'), ''];
  const after = [`after ${memory.few}`, `after ${memory.many}`];
  return [
    '### Memory',
    'PSS in MB: pages that processes share are divided among them.',
    table([['function', 'parent alone', 'one ready fork adds', 'eight and parent'], ...forks]),
    `Services and sidecars, requests to /api/hello for both functions at once over 8 connections; “loaded” is the most that was seen. Answers: ${counted(memory.system.answers)}.`,
    table([['process', 'idle', 'loaded', ...after, 'growth'], ...system, total]),
  ];
}

function start({ start }: Report): string[] {
  if (start === undefined) return [];
  const rows = start.map(({ what, medianMs, p95Ms, runs }) => [
    what,
    figure(medianMs),
    figure(p95Ms),
    String(runs),
  ]);
  return ['### Start', 'Until ready, in ms.', table([['what', 'median', 'p95', 'runs'], ...rows])];
}

function kits({ kits }: Report): string[] {
  if (kits === undefined) return [];
  const ways = [...new Set(kits.map(({ way }) => way))];
  const rows = [...new Set(kits.map(({ language }) => language))].map((language) => {
    const own = kits.filter((each) => each.language === language);
    const figures = ways.flatMap((way) => {
      const found = own.find((each) => each.way === way);
      return [found?.medianMs, found?.p95Ms].map((ms) => figure(ms ?? Number.NaN));
    });
    return [language, kilobytes(own[0]?.moduleBytes ?? 0), ...figures];
  });
  return [
    '### Serve kits',
    'A program that gives 100 KiB back as they came, by the kit of each language: as a filter, which starts in each request, and loaded before it. Medians and p95, in ms.',
    table([['kit', 'module', ...ways.flatMap((way) => [way, 'p95'])], ...rows]),
  ];
}

function languages({ languages }: Report): string[] {
  if (languages === undefined) return [];
  const rows = languages.map(({ language, moduleBytes, buildMs, compileMs, request, saved }) => [
    language,
    kilobytes(moduleBytes),
    ...[buildMs, compileMs].map((ms) => figure(ms / 1000)),
    figure(request.medianMs),
    ...[Math.min(...saved), median(saved)].map((ms) => figure(ms / 1000)),
  ]);
  const head = [
    'language',
    'module',
    'build, s',
    'compile, s',
    'case, ms',
    'saved to served, s',
    'median of 3',
  ];
  return [
    '### Languages',
    'The function of each template: a build after a change, compiling it ahead of time with full optimisation, the request of its first case, and the best and the median of three changes served by `npm run dev`, which compiles them lightly first.',
    table([head, ...rows]),
  ];
}

function targets(report: Report): string[] {
  const rows = targetsOf(report).map(({ what, atLeast, limit, unit, reached, met }) => [
    what,
    `${atLeast ? 'at least' : 'at most'} ${limit} ${unit}`.trim(),
    `${figure(reached)} ${unit}`.trim(),
    met ? 'met' : Number.isNaN(reached) ? 'too noisy to tell' : '**missed**',
  ]);
  return rows.length === 0 ? [] : ['### Targets', table([['what', 'target', 'reached', ''], ...rows])];
}

/** The first row is the head; columns of figures stand right. */
function table(rows: string[][]): string {
  const columns = rows[0]?.map((_, column) =>
    rows.slice(1).every((row) => /^-?[\d.,–]*%?$/.test(row[column] ?? '')) ? 'right' : 'left',
  );
  return markdownTable(rows, { align: columns ?? [] });
}

/** Three digits that count, two of them after the point at most. */
function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

function counted(statuses: Readonly<Record<string, number>>): string {
  return Object.entries(statuses)
    .map(([status, count]) => `${count} × ${status}`)
    .join(', ');
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1024)} KB`;
}
