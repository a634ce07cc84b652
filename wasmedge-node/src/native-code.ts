/**
 * The native code that WasmEdge appends to a module which it compiles to a module, as a custom section
 * (https://wasmedge.org/docs/start/build-and-run/aot), and how another module takes it over.
 */
const NATIVE_CODE = 'wasmedge';

/** Length of a module's magic number and version (https://webassembly.github.io/spec/core/binary/modules.html). */
const HEADER_BYTES = 8;

/** Sections that decide what native code is made: types, imports, functions, tables, elements, code. Memories, globals and data do not. */
const CODE_SECTIONS = [1, 2, 3, 4, 9, 10];

interface Section {
  readonly id: number;
  /** Of a custom section alone. */
  readonly name?: string;
  /** Its id and length included. */
  readonly whole: Uint8Array;
}

/**
 * Appends the native code of one module to another whose code is the same.
 *
 * @param module without native code
 * @param compiled a module that WasmEdge has compiled to a module
 * @returns `undefined` if the code of the two is not the same, or `compiled` has no native code
 */
export function withNativeCodeOf(compiled: Uint8Array, module: Uint8Array): Uint8Array | undefined {
  const theirs = sectionsOf(compiled);
  const ours = sectionsOf(module);
  const native = theirs.find(({ name }) => name === NATIVE_CODE);
  const isSame = CODE_SECTIONS.every((id) => Buffer.compare(section(theirs, id), section(ours, id)) === 0);
  if (native === undefined || !isSame) return undefined;
  return Buffer.concat([module, native.whole]);
}

function section(sections: readonly Section[], wanted: number): Uint8Array {
  return sections.find(({ id }) => id === wanted)?.whole ?? new Uint8Array();
}

/** @param wasm the bytes of a module that has been checked to be one */
function sectionsOf(wasm: Uint8Array): Section[] {
  const sections: Section[] = [];
  for (let at = HEADER_BYTES; at < wasm.length; ) {
    const id = wasm[at] ?? 0;
    const { value: length, end: begin } = readLeb(wasm, at + 1);
    const end = begin + length;
    const whole = wasm.subarray(at, end);
    sections.push(id === 0 ? { id, name: nameAt(wasm, begin), whole } : { id, whole });
    at = end;
  }
  return sections;
}

function nameAt(wasm: Uint8Array, at: number): string {
  const { value: length, end } = readLeb(wasm, at);
  return Buffer.from(wasm.subarray(end, end + length)).toString();
}

/** An unsigned integer of at most 32 bits, as LEB128. */
function readLeb(bytes: Uint8Array, at: number): { value: number; end: number } {
  let value = 0;
  for (let end = at, shift = 0; ; shift += 7) {
    const byte = bytes[end++] ?? 0;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, end };
  }
}
