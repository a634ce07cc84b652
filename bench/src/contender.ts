import type { Photo } from './photos.js';
import { type Sample, summarize } from './sample.js';

/** One way to do the work that is compared. */
export interface Contender {
  readonly name: string;
  /** So slow that it takes part in few rounds only. */
  readonly slow?: boolean;
  /** Waits, off the clock, until the next run finds all ready. */
  rest?(photo: Photo): Promise<void>;
  run(photo: Photo): Promise<Buffer>;
  /** Throws when this is not the right answer. */
  check(answer: Buffer, photo: Photo): Promise<void>;
  /** A part of the work, timed by the contender itself. */
  readonly part?: { readonly name: string; lastMs(): number };
}

/** What a contender took for one photo. */
export interface Latency extends Sample {
  readonly contender: string;
  readonly photo: string;
  /** Its median to that of the first contender. */
  readonly ratio: number;
}

/** How often each contender runs. */
export interface Rounds {
  /** How long each contender works before it is measured, in ms: code that has just started is slower. */
  readonly warmUpMs: number;
  readonly rounds: number;
  readonly slowRounds: number;
  /** Called before each round. */
  readonly onRound: (round: number) => void;
}

/**
 * Lets all contenders take turns, in an order that is rotated from round to round, so that whatever drifts on the
 * machine hits all alike. All but the slow ones work for `warmUpMs` first, at least once, which is not counted. The
 * first answer of each contender is checked, the others have to be equal to it.
 */
export async function compare(
  contenders: readonly Contender[],
  photo: Photo,
  { warmUpMs, rounds, slowRounds, onRound }: Rounds,
): Promise<Latency[]> {
  const times = new Map(
    contenders
      .flatMap(({ name, part }) => [name, ...(part ? [part.name] : [])])
      .map((name) => [name, [] as number[]]),
  );
  const answers = new Map<Contender, Buffer>();
  for (const contender of contenders.filter(({ slow }) => !slow)) {
    const end = performance.now() + warmUpMs;
    do await timeOnce(contender, photo, answers);
    while (performance.now() < end);
  }
  for (let round = 0; round < rounds; round += 1) {
    onRound(round);
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const contender = contenders[(turn + round) % contenders.length];
      if (contender === undefined || (contender.slow && round >= slowRounds)) continue;
      times.get(contender.name)?.push(await timeOnce(contender, photo, answers));
      if (contender.part) times.get(contender.part.name)?.push(contender.part.lastMs());
    }
  }
  const samples = [...times].map(([contender, values]) => ({ contender, ...summarize(values) }));
  const reference = samples[0]?.medianMs ?? Number.NaN;
  return samples
    .filter(({ runs }) => runs > 0)
    .map((sample) => ({ ...sample, photo: photo.name, ratio: sample.medianMs / reference }));
}

/** What one piece of work takes, in ms. */
async function timeOnce(
  contender: Contender,
  photo: Photo,
  answers: Map<Contender, Buffer>,
): Promise<number> {
  await contender.rest?.(photo);
  const start = performance.now();
  try {
    const answer = await contender.run(photo);
    const ms = performance.now() - start;
    await verify(contender, photo, answer, answers);
    return ms;
  } catch (cause) {
    throw new Error(`“${contender.name}” did not do its work on the ${photo.name} photo`, { cause });
  }
}

async function verify(contender: Contender, photo: Photo, answer: Buffer, answers: Map<Contender, Buffer>) {
  const first = answers.get(contender);
  if (first === undefined) {
    await contender.check(answer, photo);
    answers.set(contender, answer);
  } else if (!first.equals(answer)) {
    throw new Error('this answer is another than the first one');
  }
}
