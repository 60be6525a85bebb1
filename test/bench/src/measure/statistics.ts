/** Order statistics of samples. */

/** The value below which the share `q` of the samples lies (nearest rank). */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const value = sorted[Math.max(Math.ceil(q * sorted.length) - 1, 0)];
  if (value === undefined) throw new RangeError('wanted at least one sample, got none');
  return value;
}

/** The middle sample; of an even number, the lower of the two in the middle. */
export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}
