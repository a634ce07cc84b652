import fc, { type Arbitrary } from 'fast-check';
import type { SeedPicture } from './pictures.js';
import { containers } from './pieces.js';

/** What is done to the pieces of a file; their lengths and checksums are right afterwards. */
type Surgery =
  | { readonly do: 'drop' | 'duplicate'; readonly piece: number }
  | { readonly do: 'swap'; readonly piece: number; readonly with: number }
  | { readonly do: 'cut'; readonly piece: number; readonly at: number }
  | { readonly do: 'extend' | 'follow'; readonly piece: number; readonly by: Buffer }
  | { readonly do: 'change'; readonly piece: number; readonly at: number; readonly xor: number }
  | { readonly do: 'graft'; readonly piece: number; readonly from: string; readonly other: number };

/** What is done to the bytes of a file. */
type Damage =
  | { readonly do: 'flip'; readonly at: number; readonly bit: number }
  | { readonly do: 'overwrite' | 'insert'; readonly at: number; readonly bytes: Buffer }
  | { readonly do: 'remove'; readonly at: number; readonly length: number }
  | { readonly do: 'truncate'; readonly at: number }
  | { readonly do: 'splice'; readonly at: number; readonly from: string; readonly other: number };

/**
 * A valid picture and what is done to it, one after the other: what fast-check prints and shrinks. Positions are
 * taken modulo the length of what they point into.
 */
export interface Mutant {
  readonly picture: string;
  readonly surgery: readonly Surgery[];
  readonly damage: readonly Damage[];
}

type Pictures = ReadonlyMap<string, SeedPicture>;

/** Headers matter most and are at the start. */
const position = fc.oneof(fc.nat({ max: 63 }), fc.nat({ max: 0xffff }));
const piece = fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 63 }));
const xor = fc.integer({ min: 1, max: 255 });

/** Values of length fields at which arithmetic goes wrong. */
const lengths = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff].flatMap((value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return [
    bytes,
    bytes.subarray(2),
    Buffer.from(bytes).reverse(),
    Buffer.from(bytes).reverse().subarray(0, 2),
  ];
});
const garbage = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes));

function record<T>(model: { [K in keyof T]: Arbitrary<T[K]> }): Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true });
}

/** Mutants of these pictures: files that differ from the picture. */
export function mutantsOf(pictures: Pictures): Arbitrary<Mutant> {
  const picture = fc.constantFrom(...pictures.keys());
  const surgery = fc.oneof(
    record<Surgery>({ do: fc.constantFrom('drop', 'duplicate'), piece }),
    record<Surgery>({ do: fc.constant('swap'), piece, with: piece }),
    record<Surgery>({ do: fc.constant('cut'), piece, at: position }),
    record<Surgery>({ do: fc.constantFrom('extend', 'follow'), piece, by: garbage }),
    { weight: 4, arbitrary: record<Surgery>({ do: fc.constant('change'), piece, at: position, xor }) },
    record<Surgery>({ do: fc.constant('graft'), piece, from: picture, other: piece }),
  );
  const damage = fc.oneof(
    {
      weight: 3,
      arbitrary: record<Damage>({ do: fc.constant('flip'), at: position, bit: fc.nat({ max: 7 }) }),
    },
    {
      weight: 2,
      arbitrary: record<Damage>({
        do: fc.constant('overwrite'),
        at: position,
        bytes: fc.oneof(fc.constantFrom(...lengths), garbage),
      }),
    },
    record<Damage>({ do: fc.constant('insert'), at: position, bytes: garbage }),
    record<Damage>({ do: fc.constant('remove'), at: position, length: fc.integer({ min: 1, max: 300 }) }),
    record<Damage>({ do: fc.constant('truncate'), at: position }),
    record<Damage>({ do: fc.constant('splice'), at: position, from: picture, other: position }),
  );
  const mutant = record<Mutant>({
    picture,
    surgery: fc.oneof(fc.constant([]), fc.array(surgery, { maxLength: 3 })),
    damage: fc.oneof(fc.constant([]), fc.array(damage, { maxLength: 4 })),
  });
  return mutant.filter((mutant) => !bytesOf(mutant, pictures).equals(seed(mutant.picture, pictures).bytes));
}

/** The bytes of a mutant. */
export function bytesOf({ picture, surgery, damage }: Mutant, pictures: Pictures): Buffer {
  const { format, bytes } = seed(picture, pictures);
  const { split, join } = containers[format];
  const whole = surgery.length === 0 ? bytes : join(surgery.reduce(operate(pictures), split(bytes)));
  return damage.reduce(harm(pictures), whole);
}

function seed(name: string, pictures: Pictures): SeedPicture {
  const picture = pictures.get(name);
  if (picture === undefined) throw new RangeError(`there is no picture "${name}"`);
  return picture;
}

const operate =
  (pictures: Pictures) =>
  (pieces: readonly Buffer[], surgery: Surgery): Buffer[] => {
    const index = surgery.piece % Math.max(pieces.length, 1);
    const target = pieces[index];
    if (target === undefined) return [...pieces];
    const put = (...instead: Buffer[]) => pieces.toSpliced(index, 1, ...instead);
    switch (surgery.do) {
      case 'drop':
        return put();
      case 'duplicate':
        return put(target, target);
      case 'swap': {
        const other = surgery.with % pieces.length;
        return put(pieces[other] ?? target).toSpliced(other, 1, target);
      }
      case 'cut':
        return put(target.subarray(0, surgery.at % target.length));
      case 'extend':
        return put(Buffer.concat([target, surgery.by]));
      case 'follow':
        return put(target, surgery.by);
      case 'change':
        return put(changed(target, surgery.at, surgery.xor));
      case 'graft': {
        const { format, bytes } = seed(surgery.from, pictures);
        const donor = containers[format].split(bytes);
        return put(donor[surgery.other % donor.length] ?? target, target);
      }
    }
  };

const harm =
  (pictures: Pictures) =>
  (bytes: Buffer, damage: Damage): Buffer => {
    if (bytes.length === 0) return bytes;
    const at = damage.at % bytes.length;
    const [before, behind] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (damage.do) {
      case 'flip':
        return changed(bytes, at, 1 << damage.bit);
      case 'overwrite':
        return Buffer.concat([before, damage.bytes, behind.subarray(damage.bytes.length)]);
      case 'insert':
        return Buffer.concat([before, damage.bytes, behind]);
      case 'remove':
        return Buffer.concat([before, behind.subarray(damage.length)]);
      case 'truncate':
        return before;
      case 'splice': {
        const other = seed(damage.from, pictures).bytes;
        return Buffer.concat([before, other.subarray(damage.other % other.length)]);
      }
    }
  };

function changed(bytes: Buffer, at: number, xor: number): Buffer {
  const copy = Buffer.from(bytes);
  const index = at % Math.max(bytes.length, 1);
  copy[index] = (copy[index] ?? 0) ^ xor;
  return copy;
}
