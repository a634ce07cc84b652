/**
 * A table of a FlatBuffer (https://flatbuffers.dev/internals/), read without trusting it: what lies outside of the bytes is a
 * RangeError, as a DataView throws it. Fields are named by their number, which is their place in the schema.
 */
export class Table {
  readonly #view: DataView;
  readonly #at: number;

  private constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  /** The table that a FlatBuffer begins with. */
  static root(bytes: Uint8Array): Table {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new Table(view, view.getUint32(0, true));
  }

  uint8(field: number): number {
    const at = this.#find(field);
    return at === undefined ? 0 : this.#view.getUint8(at);
  }

  uint32(field: number): number {
    const at = this.#find(field);
    return at === undefined ? 0 : this.#view.getUint32(at, true);
  }

  /** A table in a field; `undefined` if it is left out. */
  table(field: number): Table | undefined {
    const at = this.#find(field);
    return at === undefined ? undefined : this.#follow(at);
  }

  tables(field: number): Table[] {
    return this.#vector(field, 4, (at) => this.#follow(at));
  }

  int32s(field: number): number[] {
    return this.#vector(field, 4, (at) => this.#view.getInt32(at, true));
  }

  float32s(field: number): number[] {
    return this.#vector(field, 4, (at) => this.#view.getFloat32(at, true));
  }

  int64s(field: number): number[] {
    return this.#vector(field, 8, (at) => Number(this.#view.getBigInt64(at, true)));
  }

  /** Changes the first element of a vector in the bytes. */
  setFirstInt32(field: number, value: number): void {
    const [at] = this.#vector(field, 4, (at) => at);
    if (at !== undefined) this.#view.setInt32(at, value, true);
  }

  /** The elements of a vector; none if it is left out. */
  #vector<T>(field: number, size: number, read: (at: number) => T): T[] {
    const found = this.#find(field);
    if (found === undefined) return [];
    const start = found + this.#view.getUint32(found, true);
    const length = this.#view.getUint32(start, true);
    if (start + 4 + length * size > this.#view.byteLength)
      throw new RangeError('a vector lies outside of the file');
    return Array.from({ length }, (_, index) => read(start + 4 + index * size));
  }

  #follow(at: number): Table {
    return new Table(this.#view, at + this.#view.getUint32(at, true));
  }

  /** Where a field stands, by the table's vtable; `undefined` if it is left out. */
  #find(field: number): number | undefined {
    const vtable = this.#at - this.#view.getInt32(this.#at, true);
    const slot = 4 + 2 * field;
    if (slot + 2 > this.#view.getUint16(vtable, true)) return undefined;
    const offset = this.#view.getUint16(vtable + slot, true);
    return offset === 0 ? undefined : this.#at + offset;
  }
}
