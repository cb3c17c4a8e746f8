/** Order statistics of latencies, in the unit in which they came. */
export type Latency = { readonly p50: number; readonly p99: number; readonly max: number }

/** Median, 99th percentile and greatest of a list that is not empty. */
export function latencyOf(values: readonly number[]): Latency {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (q: number): number => sorted[Math.floor(q * (sorted.length - 1))]!
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
