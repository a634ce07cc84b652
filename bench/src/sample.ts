/** Times of one thing done many times, in ms. */
export interface Sample {
  readonly runs: number;
  readonly medianMs: number;
  readonly p95Ms: number;
}

/** The value below which this share of the values lies: the nearest one that occurs. NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Sums up times in ms. */
export function summarize(times: readonly number[]): Sample {
  return { runs: times.length, medianMs: median(times), p95Ms: quantile(times, 0.95) };
}
