import { type Entry, isStderr } from './entry.js';
import { isSentenceOf, once, reasonOf, type Text } from './text.js';

/**
 * How long the line of who was asked first waits for that of the function's service: it comes by another pipe, and on a
 * busy machine this process may be kept from reading it for some tenths of a second.
 */
const SERVICE_WAIT_MS = 500;
/** How long a service's line waits for that of the app that asked it, which may have no log of its requests. */
const CALLER_WAIT_MS = 1000;
/** How long what a function wrote waits for the end of its request. */
const REQUEST_WAIT_MS = 30_000;
/** So many lines of a function, and so many requests, are kept until then; those above are written at once. */
const MAX_LINES = 100;
const MAX_REQUESTS = 1000;

/** The status of a request whose client went away. */
const LEFT = 499;

interface Said {
  readonly name: string;
  readonly entry: Entry;
}

/** What has been said so far of requests with one trace id. */
interface Group {
  /** Whoever was asked by somebody from outside. */
  first: Said | undefined;
  /** The services that were asked by another app. */
  readonly asked: Said[];
  readonly stderr: Said[];
  timer?: NodeJS.Timeout;
}

/**
 * Makes one line of all that several services say of a request, with what went wrong and what the function wrote to
 * stderr under it. What belongs together is known by its trace id.
 */
export class Requests {
  readonly #text: Text;
  readonly #isApp: (name: string) => boolean;
  readonly #write: (name: string, line: string) => void;
  /** By trace id, the oldest first. */
  readonly #groups = new Map<string, Group>();

  constructor(text: Text, isApp: (name: string) => boolean, write: (name: string, line: string) => void) {
    this.#text = text;
    this.#isApp = isApp;
    this.#write = write;
  }

  /** Takes a request's line, or one that a function wrote for it; it is written when it is known what belongs to it. */
  take(name: string, traceId: string, entry: Entry): void {
    const group = this.#groups.get(traceId) ?? { first: undefined, asked: [], stderr: [] };
    this.#groups.set(traceId, group);
    if (isStderr(entry)) group.stderr.push({ name, entry });
    else if (entry.callerApp !== undefined && this.#isApp(entry.callerApp)) group.asked.push({ name, entry });
    else group.first = { name, entry };
    clearTimeout(group.timer);
    const waitMs = waitOf(group);
    if (waitMs === 0) this.#settle(traceId, group);
    else group.timer = setTimeout(() => this.#settle(traceId, group), waitMs).unref();
    const [oldest] = this.#groups;
    if (this.#groups.size > MAX_REQUESTS && oldest !== undefined) this.#settle(...oldest);
  }

  /** Writes all that waits and that this process has a part in. */
  end(name: string): void {
    for (const [traceId, group] of this.#groups)
      if ([group.first, ...group.asked, ...group.stderr].some((said) => said?.name === name))
        this.#settle(traceId, group);
  }

  #settle(traceId: string, { first, asked, stderr, timer }: Group): void {
    clearTimeout(timer);
    this.#groups.delete(traceId);
    const told = [first ?? [], asked].flat();
    const [head] = told;
    if (head !== undefined) {
      const functionMs = told.findLast(({ entry }) => entry.functionMs !== undefined)?.entry.functionMs;
      this.#write(head.name, this.#text.request(head.entry, functionMs));
    }
    const reasons = causes(told);
    for (const { name, why } of reasons) for (const line of this.#text.under(why)) this.#write(name, line);
    // Of a function that refuses its input, the last line is the reason already.
    for (const { name, entry } of stderr)
      if (!reasons.some(({ why }) => isSentenceOf(why, entry.line ?? '')))
        this.#write(name, `  ${this.#text.stderr(entry)}`);
  }
}

function waitOf({ first, asked, stderr }: Group): number {
  if (stderr.length > MAX_LINES) return 0;
  if (first === undefined) return asked.length > 0 ? CALLER_WAIT_MS : REQUEST_WAIT_MS;
  const { function: name, functionMs } = first.entry;
  return asked.length > 0 || name === undefined || functionMs !== undefined ? 0 : SERVICE_WAIT_MS;
}

/** What went wrong, in the words of who knows most: services pass on what others have said, or begin with it. */
function causes(told: readonly Said[]): { name: string; why: string }[] {
  const all = told.flatMap(({ name, entry }, index) => {
    const why = reasonOf(entry);
    // A service that its caller no longer waits for knows less than the caller, who says why.
    const isLeft = index > 0 && entry.status === LEFT;
    return why === undefined || isLeft ? [] : [{ name, why, said: once(entry.err?.message ?? '') }];
  });
  return all
    .filter(({ said }, i) =>
      all.every((other, j) => i === j || !other.said.startsWith(said) || (other.said === said && i < j)),
    )
    .map(({ name, why }) => {
      const begin = all.find(({ said }) => why.startsWith(`${said}: `))?.said;
      return { name, why: begin === undefined ? why : why.slice(begin.length + 2) };
    });
}
