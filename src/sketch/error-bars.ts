import type { MonitorSpec } from '../model/monitor.ts'
import type { AggregateState } from './aggregate-state.ts'
import { errorParts, type ErrorPart } from './error-parts.ts'
import { compileGradient } from './gradient.ts'
import { studentQuantile } from './student-quantile.ts'

/** Of each result by slot: aggregates first, then values. NaN: not known; 0: exact. */
export type ErrorBars = {
  readonly stderr: Float64Array
  /** Half of the 95 % interval around the result. */
  readonly margin: Float64Array
}

/** How far results may be from what all sessions would have given. */
export type ErrorBarsOf = (states: readonly AggregateState[], results: Float64Array) => ErrorBars

/**
 * Compiles the errors of a monitor's aggregates and values. `results` are theirs by slot, NaN where
 * undefined, and is only read. Errors of sums and counts are those of `sampleError`, of distinct
 * counts those of `distinctVariance`; a value takes over the errors of its aggregates by its slopes
 * along them. Least, greatest, mean and quantile have none that is known, nor what is made of them.
 *
 * What it assumes: that the sampled sessions are like the rest, so many of them that the heaviest
 * is one of several. docs/sampling.md has how often the interval covers by kind and size of group.
 */
export function compileErrorBars({
  aggregates,
  values,
}: Pick<MonitorSpec, 'aggregates' | 'values'>): ErrorBarsOf {
  const slots = new Map(aggregates.map(({ name }, slot) => [name, slot]))
  const gradients = values.map(({ expression }) => compileGradient(expression, slots))
  return (states, results) => {
    const stderr = new Float64Array(results.length)
    const margin = new Float64Array(results.length)
    const slopes = new Float64Array(aggregates.length)
    const enter = (slot: number): void => {
      const parts = errorParts({ specs: aggregates, states, slopes })
      stderr[slot] = Math.sqrt(varianceOf(parts, slopes, stderr))
      const freedom = Math.min(
        ...parts.map((part) => (part.variance > 0 ? part.freedom : Infinity)),
      )
      margin[slot] = studentQuantile(freedom) * stderr[slot]
    }
    for (let slot = 0; slot < aggregates.length; slot++) {
      slopes.fill(0)
      slopes[slot] = 1
      enter(slot)
    }
    for (let i = 0; i < gradients.length; i++) {
      slopes.fill(0)
      gradients[i]!(results, slopes, 1)
      enter(aggregates.length + i)
    }
    return { stderr, margin }
  }
}

/**
 * The variance of a sum of parts. How two parts move together is not kept, but totals of what is
 * never negative never move against each other under Poisson sampling (their covariance is
 * Σ (w − 1)·X_s·Y_s), so the most it can be is added where both push alike, and 0 where not.
 */
function varianceOf(
  parts: readonly ErrorPart[],
  slopes: Float64Array,
  stderr: Float64Array,
): number {
  let variance = 0
  for (const [i, part] of parts.entries()) {
    variance += part.variance
    for (const other of parts.slice(0, i)) {
      let together = 0
      for (const a of part.members) {
        for (const b of other.members) {
          together += Math.max(0, slopes[a]! * stderr[a]! * slopes[b]! * stderr[b]!)
        }
      }
      variance += 2 * Math.min(together, Math.sqrt(part.variance * other.variance))
    }
  }
  return variance
}
