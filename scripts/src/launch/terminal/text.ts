import { stripVTControlCharacters, styleText } from 'node:util';
import { prettyFactory } from 'pino-pretty';
import { type Entry, isRequest, LEVELS } from './entry.js';

/** Longest address that is shown whole, in characters. */
const MAX_PATH = 120;

/** Makes text of what a log says, for a person. */
export class Text {
  readonly #colours: boolean;
  readonly #brief: (entry: object) => string;
  readonly #full: (entry: object) => string;

  constructor(colours: boolean) {
    this.#colours = colours;
    const common = {
      colorize: colours,
      singleLine: true,
      errorLikeObjectKeys: [],
      customPrettifiers: { time: String },
      translateTime: 'SYS:HH:MM:ss.l',
    };
    this.#brief = prettyFactory({ ...common, ignore: 'pid,hostname,name,time,traceId' });
    this.#full = prettyFactory({ ...common, ignore: 'pid,hostname,name' });
  }

  /**
   * A request in a line: what was asked for, status, time, and how much of it the function took.
   *
   * @param functionMs as its service has it
   */
  request(entry: Entry, functionMs = entry.functionMs): string {
    const { function: name, method, path, status = 0, ms } = entry;
    const address = method === undefined ? 'unreadable request' : `${method} ${shortened(path ?? '')}`;
    const time = ms === undefined ? '' : ` in ${ms} ms`;
    const sandbox = functionMs === undefined ? '' : ` (sandbox ${functionMs} ms)`;
    return `${visible(name ?? address)} ${this.#status(status)}${time}${sandbox}`;
  }

  /** Lines that stand under a request's, of a stack trace, or of a message, with the cause that pino adds on one of its own. */
  under(text: string): string[] {
    return visible(text)
      .split(/\n|(?<=[.!?]): /)
      .map((line) => `  ${line}`);
  }

  /** What a function wrote to stderr. */
  stderr({ function: name = 'function', line = '' }: Entry): string {
    return this.#dim(visible(`${name} stderr: ${line}`));
  }

  /** Any other entry: its level, what it says, and in short what it says beside that. */
  brief(entry: Entry): string[] {
    const { err: _, ...rest } = entry;
    const reason = reasonOf(entry);
    return linesOf(this.#brief(reason === undefined ? entry : { ...rest, msg: `${entry.msg}: ${reason}` }));
  }

  /** All that an entry says. */
  full(entry: Entry): string[] {
    const { err: { message, stack = message, ...error } = {}, ...rest } = entry;
    // pino-pretty has its own colours, and takes others for something that steers the terminal.
    const said = isRequest(entry) ? stripVTControlCharacters(this.request(entry)) : entry.msg;
    return linesOf(
      this.#full(
        stack === undefined ? { ...rest, msg: said } : { ...rest, msg: `${said}: ${stack}`, err: error },
      ),
    );
  }

  #status(status: number): string {
    if (!this.#colours) return String(status);
    const colour = ({ 2: 'green', 3: 'cyan', 4: 'yellow' } as const)[Math.floor(status / 100)] ?? 'red';
    return styleText(colour, String(status), { validateStream: false });
  }

  #dim(text: string): string {
    return this.#colours ? styleText('dim', text, { validateStream: false }) : text;
  }
}

/**
 * What went wrong, for which the code has a name; else what is at the bottom of it, with where that was. `undefined` if
 * nothing did.
 */
export function reasonOf({ err, level }: Entry): string | undefined {
  if (err === undefined) return undefined;
  const { message, code, stack = message } = err;
  const isExpected = code !== undefined && code !== 'ERR_INTERNAL' && level < LEVELS.fatal;
  return isExpected ? once(message) : stack.split('\ncaused by: ').at(-1);
}

/** A message without its cause, where that says the same again: as in `Cannot be decoded.: cannot be decoded`. */
export function once(message: string): string {
  const length = Math.floor((message.length - 2) / 2);
  const [first, again] = [message.slice(0, -length - 2), message.slice(-length)];
  return isSentenceOf(first, again) ? first : message;
}

/** Whether a text is the same words as another one, with a capital and a full stop, as services make it for clients. */
export function isSentenceOf(sentence: string, words: string): boolean {
  return sentence.length - words.length <= 1 && sentence.toLowerCase().startsWith(words.toLowerCase());
}

function linesOf(text: string): string[] {
  return text.trimEnd().split('\n');
}

function shortened(path: string): string {
  return path.length > MAX_PATH ? `${path.slice(0, MAX_PATH)}…` : path;
}

/** Nobody who sends something, and no function, may steer the terminal. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that are looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
