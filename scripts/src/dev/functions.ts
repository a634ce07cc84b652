import { existsSync } from 'node:fs';
import path from 'node:path';
import { type FunctionDescription, functionsFolder, programOf, readFunctions } from '@app/function-manifest';
import type { Optimisation } from '@app/wasmedge-node';
import { checkCases, readCases } from '../functions/check/cases.js';
import type { Finding } from '../functions/check/finding.js';
import { subjectOf } from '../functions/check/subject.js';
import { functionStep } from '../functions/steps.js';
import { promiseParts } from '../launch/supervised-process.js';
import { runtimeFolder } from '../paths.js';
import { SetupError } from '../setup/errors.js';
import { setUp } from '../setup/set-up.js';
import { madeProduct, makeProduct } from '../setup/step.js';
import type { Change } from './changes.js';
import type { Development } from './development.js';
import { Lane } from './lane.js';
import { reloadFunction } from './reload-function.js';
import { reasonOf, seconds } from './words.js';

/** Functions as they change: each is built, and takes the place of what it was, without waiting for another one. */
export class Functions {
  readonly #development: Development;
  readonly #lanes = new Map<string, Lane>();
  /** The app of each that there is. */
  readonly #apps = new Map<string, string>();
  /** Those that are asked for and not built yet, with who waits for that. */
  readonly #unbuilt = new Map<string, ReturnType<typeof promiseParts>>();
  #reading: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(development: Development) {
    this.#development = development;
  }

  /** Notes what there is. */
  async begin(): Promise<void> {
    const { functions, problems } = await readFunctions();
    for (const { name, app } of functions) this.#apps.set(name, app);
    for (const problem of problems) this.#ask(problem.function);
  }

  /** To be called when files have changed, be they of one function or of what several are built from. */
  change(change: Change): Promise<void> {
    this.#reading = this.#read(change);
    return this.#reading;
  }

  /** Resolves when all that has changed is built, or cannot be. */
  async untilBuilt(): Promise<void> {
    await this.#reading.catch(() => {}); // Who told of the change is told.
    await Promise.all([...this.#unbuilt.values()].map(({ promise }) => promise));
  }

  async #read({ files, at }: Change): Promise<void> {
    const { functions, problems } = await readFunctions();
    const names = new Set([
      ...functions.map(({ name }) => name),
      ...problems.map((problem) => problem.function),
      ...this.#lanes.keys(),
      ...this.#apps.keys(),
    ]);
    const changed = new Set([...files].map(ownerOf));
    // Those with the program of another are asked when that serves.
    const followers = functions.filter((each) => programOf(each) !== each.name).map(({ name }) => name);
    for (const name of names)
      if (changed.has(name) || (changed.has(undefined) && !followers.includes(name))) this.#ask(name, at);
  }

  /** Breaks off all builds. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const name of this.#unbuilt.keys()) this.#isBuilt(name); // Lanes may wait for that of each other.
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close()));
  }

  #ask(name: string, at?: number): void {
    if (this.#isClosed) return;
    if (!this.#unbuilt.has(name)) this.#unbuilt.set(name, promiseParts());
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = new Lane(
        (signal, askedAt) => this.#update(name, signal, askedAt),
        (error) => this.#fail(name, error),
      );
      this.#lanes.set(name, lane);
    }
    lane.ask(at);
  }

  #isBuilt(name: string): void {
    this.#unbuilt.get(name)?.resolve();
    this.#unbuilt.delete(name);
  }

  async #update(name: string, signal: AbortSignal, changedAt: number): Promise<void> {
    const { functions, problems } = await readFunctions();
    const described = functions.find((each) => each.name === name);
    const problem = problems.find((each) => each.function === name);
    if (problem !== undefined) return this.#fail(name, problem);
    if (described === undefined) return this.#remove(name);
    const before = this.#apps.get(name);
    this.#apps.set(name, described.app);
    const built = await this.#build(described, 'light', signal);
    this.#isBuilt(name);
    await this.#serve(described, signal);
    this.#askFollowers(name, functions, changedAt);
    if (before !== undefined && before !== described.app) await this.#leave(name, before);
    this.#development.pages.tell(name, undefined);
    const how = built === undefined ? '' : ` (${built})`;
    this.#development.say(`${name}: served after ${seconds(changedAt)}${how}`);
    if (before === undefined) this.#development.pages.reload();
    await this.#runCases(described);
    signal.throwIfAborted();
    if ((await this.#build(described, 'full', signal)) === undefined) return;
    await this.#serve(described, signal);
    this.#askFollowers(name, functions, changedAt);
    this.#development.say(`${name}: fully optimised code serves after ${seconds(changedAt)}`);
  }

  /** Has the functions with the program of one follow it. */
  #askFollowers(program: string, functions: readonly FunctionDescription[], at: number): void {
    for (const each of functions)
      if (each.name !== program && programOf(each) === program) this.#ask(each.name, at);
  }

  /** @returns how long that took, in words; `undefined` if it was built already, and no less optimised */
  async #build(
    described: FunctionDescription,
    wanted: Optimisation,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const optimisation = (await optimisationOfProgram(described)) ?? wanted;
    for (const enough of new Set<Optimisation>(['full', optimisation]))
      if ((await madeProduct(functionStep(described, enough), runtimeFolder)) !== undefined) return undefined;
    const step = functionStep(described, optimisation);
    const [lack] = await step.lacks();
    if (lack !== undefined) throw new SetupError(`${lack}.`);
    const unlock = await this.#development.lock();
    try {
      const [failure] = await setUp(step.prepareNeeds ?? [], runtimeFolder);
      if (failure !== undefined) throw failure;
      signal.throwIfAborted();
      const start = performance.now();
      const warn = (text: string) => this.#development.say(`${described.name}: ${text}`);
      const work = { signal, report: () => {}, warn };
      const there = Promise.resolve();
      await makeProduct(step, runtimeFolder, { ...work, prepareNeeded: there, needed: there });
      return `built in ${seconds(start)}${optimisation === 'light' ? ', lightly optimised' : ''}`;
    } finally {
      unlock();
    }
  }

  async #serve(described: FunctionDescription, signal: AbortSignal): Promise<void> {
    const problem = await reloadFunction(described, this.#development, signal);
    if (problem !== undefined) throw new SetupError(problem);
  }

  async #remove(name: string): Promise<void> {
    this.#isBuilt(name);
    const app = this.#apps.get(name);
    this.#apps.delete(name);
    this.#development.pages.tell(name, undefined);
    if (app === undefined) return;
    // One with another name is to be there when the service reads what there is.
    await this.untilBuilt();
    await this.#leave(name, app);
    this.#development.say(`${name}: gone`);
    this.#development.pages.reload();
  }

  /** Has the service of an app notice that a function is no longer its own. */
  async #leave(name: string, app: string): Promise<void> {
    await reloadFunction({ name, app }, this.#development, AbortSignal.timeout(10_000));
  }

  async #runCases(described: FunctionDescription): Promise<void> {
    const subject = await subjectOf(described);
    const failed: Finding[] = [];
    const cases = await readCases(subject.cases);
    if (cases.length === 0) return;
    await checkCases(subject, cases, (finding) => void (finding.ok || failed.push(finding)), {
      interpreted: false,
    });
    const { say } = this.#development;
    if (failed.length === 0)
      say(`${described.name}: ${cases.length === 1 ? 'its case holds' : `all ${cases.length} cases hold`}`);
    for (const { what, detail } of failed) say(`${described.name}: ${what} fails: ${detail}`);
  }

  #fail(name: string, error: unknown): void {
    this.#isBuilt(name);
    // It has gone in the middle of it, which is about to be noticed.
    if (!existsSync(path.join(functionsFolder, name, 'function.yaml'))) return;
    const message = reasonOf(error);
    this.#development.pages.tell(name, message);
    this.#development.say(`${name}: what is new is not served:\n${message}`);
  }
}

/**
 * How the program of another function is optimised at the moment; `undefined` if a function has its own.
 *
 * @throws SetupError if that function is not built as it is now
 */
async function optimisationOfProgram({ build }: FunctionDescription): Promise<Optimisation | undefined> {
  if (typeof build !== 'object' || !('function' in build)) return undefined;
  for (const optimisation of ['full', 'light'] as const)
    if ((await madeProduct(functionStep(build.function, optimisation), runtimeFolder)) !== undefined)
      return optimisation;
  throw new SetupError(`It has the program of ${build.function.name}, which is not built as it is now.`);
}

/** The function that a file belongs to; `undefined` if it may be of any. */
function ownerOf(file: string): string | undefined {
  const [first = ''] = path.relative(functionsFolder, file).split(path.sep);
  return first === '..' || first === '' || first.startsWith('.') ? undefined : first;
}
