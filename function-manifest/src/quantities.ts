import { z } from 'zod';

const BYTES_PER_UNIT: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };
const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000 };
/** As much as WebAssembly can have. */
const MAX_BYTES = 4 * 2 ** 30;
const SIZE = 'must be a size, such as 256Mi, 64Ki or 1048576';
const TIME = 'must be a time with its unit, such as 10s or 250ms';

/** Bounds of a quantity, and how to say them. */
interface Bounds {
  readonly min: string;
  readonly max: string;
  readonly default: string;
}

/** Bytes, as a number of them or with a binary unit, as in `10Mi`. */
export function size({ min, max, default: fallback }: Bounds, description: string) {
  return z
    .union([z.int(SIZE).min(0, SIZE).max(MAX_BYTES, SIZE), z.string().regex(/^\d+(Ki|Mi|Gi)?$/, SIZE)], SIZE)
    .transform((value) => quantity(value, BYTES_PER_UNIT))
    .refine(within(min, max, BYTES_PER_UNIT), `must be a size from ${min} to ${max}`)
    .prefault(fallback)
    .describe(description);
}

/** A time in milliseconds, with its unit, as in `10s` or `250ms`. */
export function duration({ min, max, default: fallback }: Bounds, description: string) {
  return z
    .string(TIME)
    .regex(/^\d+(ms|s)$/, TIME)
    .transform((value) => quantity(value, MS_PER_UNIT))
    .refine(within(min, max, MS_PER_UNIT), `must be a time from ${min} to ${max}`)
    .prefault(fallback)
    .describe(description);
}

/** A whole number. */
export function count(min: number, max: number, description: string) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.int(message).min(min, message).max(max, message).describe(description);
}

function within(min: string, max: string, units: Readonly<Record<string, number>>) {
  return (value: number) => value >= quantity(min, units) && value <= quantity(max, units);
}

function quantity(value: number | string, units: Readonly<Record<string, number>>): number {
  const [, digits, unit = ''] = /^(\d+)(\w*)$/.exec(String(value)) ?? [];
  return Number(digits) * (units[unit] ?? 1);
}
