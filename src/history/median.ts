/** The middle number; of an even count the mean of the two in the middle; NaN of none. */
export function median(numbers: readonly number[]): number {
  const sorted = Float64Array.from(numbers).sort()
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? NaN
  // Halves first: the sum of two finite numbers may not be finite.
  return sorted.length % 2 === 1 ? upper : (sorted[middle - 1] ?? NaN) / 2 + upper / 2
}
