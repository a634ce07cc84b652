// What scripts find beside the language (templates/javascript/engine.d.ts tells editors of it), and what the engine asks for.
(native) => {
  const UTF8_LABELS = ['utf-8', 'utf8', 'unicode-1-1-utf-8'];

  class TextEncoder {
    get encoding() {
      return 'utf-8';
    }
    encode(text = '') {
      return native.encode(`${text}`.toWellFormed());
    }
  }

  class TextDecoder {
    #fatal;
    #ignoreBOM;
    constructor(label = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
      if (!UTF8_LABELS.includes(`${label}`.trim().toLowerCase()))
        throw new RangeError(`TextDecoder knows utf-8 alone, and not ${label}`);
      this.#fatal = fatal === true;
      this.#ignoreBOM = ignoreBOM === true;
    }
    get encoding() {
      return 'utf-8';
    }
    get fatal() {
      return this.#fatal;
    }
    get ignoreBOM() {
      return this.#ignoreBOM;
    }
    decode(input = new Uint8Array(), { stream = false } = {}) {
      if (stream) throw new TypeError('TextDecoder decodes whole texts alone: leave out stream');
      const text = native.decode(bytesOf(input), this.#fatal);
      return !this.#ignoreBOM && text.startsWith('\uFEFF') ? text.slice(1) : text;
    }
  }

  const crypto = {
    getRandomValues(array) {
      bytesOf(array).set(native.randomBytes(array.byteLength));
      return array;
    },
  };

  const print = (...values) => native.print(values.map(shown).join(' ').toWellFormed());
  const console = { log: print, info: print, debug: print, warn: print, error: print };

  for (const [name, value] of Object.entries({ TextEncoder, TextDecoder, crypto, console }))
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  Math.random = native.random;

  /** The bytes of an ArrayBuffer or of any view of one; the same memory. */
  function bytesOf(value) {
    if (value instanceof ArrayBuffer) return new Uint8Array(value);
    if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    throw new TypeError('an ArrayBuffer or a view of one, such as a Uint8Array, is needed');
  }

  function shown(value) {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return stackOf(value);
    if (typeof value !== 'object' || value === null) return String(value);
    try {
      return JSON.stringify(value);
    } catch {
      return String(value);
    }
  }

  let map = { mappings: '', sources: [] };
  let lines;

  /** A stack with the author's files and lines in place of the bundle's, and without ours. */
  function inSource(stack) {
    return stack
      .split('\n')
      .filter((line) => !/\((prelude|native)\b/.test(line))
      .map((line) => line.replace(/\bbundle:(\d+)(?::(\d+))?/, placeOf))
      .join('\n')
      .trimEnd();
  }

  function placeOf(whole, line, column = '1') {
    lines ??= decoded(map.mappings);
    const segment = lines[line - 1]?.findLast(({ from }) => from < column) ?? lines[line - 1]?.[0];
    return segment === undefined ? whole : `${map.sources[segment.source]}:${segment.line + 1}`;
  }

  /** Of each line of the bundle, where its parts are from (https://tc39.es/ecma426/#sec-mappings). */
  function decoded(mappings) {
    const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    let source = 0;
    let sourceLine = 0;
    return mappings.split(';').map((line) => {
      let from = 0;
      return line.split(',').flatMap((segment) => {
        const numbers = [];
        for (let at = 0, value = 0, shift = 0; at < segment.length; at++) {
          const digit = DIGITS.indexOf(segment[at]);
          value += (digit & 31) << shift;
          shift += 5;
          if (digit & 32) continue;
          numbers.push(value & 1 ? -(value >> 1) : value >> 1);
          value = shift = 0;
        }
        from += numbers[0] ?? 0;
        if (numbers.length < 4) return [];
        source += numbers[1];
        sourceLine += numbers[2];
        return [{ from, source, line: sourceLine }];
      });
    });
  }

  function stackOf(thrown) {
    if (!(thrown instanceof Error)) return `thrown: ${shown(thrown)}`.toWellFormed();
    const stack = inSource(`${thrown.stack ?? ''}`);
    const cause = thrown.cause === undefined ? '' : `\ncaused by: ${shown(thrown.cause)}`;
    return `${thrown.name}: ${thrown.message}${stack && `\n${stack}`}${cause}`.toWellFormed();
  }

  return {
    /** Takes the script apart: its source to run, its map to keep. */
    unpack(script) {
      map = script.map;
      return script.source;
    },
    /** The bytes of what the handler returns. */
    async answer(handler, input) {
      const value = await handler(input);
      if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return bytesOf(value);
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      if (text === undefined)
        throw new TypeError(
          `the function returned ${typeof value}: return bytes, a text, or what JSON can say`,
        );
      return native.encode(text.toWellFormed());
    },
    /** Why the input is refused; `undefined` if what was thrown is a fault. */
    reasonOf: (thrown) =>
      thrown instanceof Error && thrown.name === 'Refusal' ? `${thrown.message}`.toWellFormed() : undefined,
    stackOf,
  };
};
