import { estimateOf, mergeHyperLogLog, type HyperLogLog } from './hyper-log-log.ts'

/** One sketch for each weight that rows had, by rising weight. */
export type WeightedSketches = readonly (Readonly<HyperLogLog> & { readonly weight: number })[]

/** How many values were first met, going up, at this weight; `union` is what was met up to it. */
type Stratum = { readonly weight: number; readonly values: number; readonly union: number }

/** Standard error of 4,096 registers, 1.04 / √4096, squared; lists count exactly. */
const REGISTERS_VARIANCE = 1.04 ** 2 / 4096

/**
 * Values of a sample, each counted once at the least weight it was seen with: the estimate of
 * Horvitz and Thompson, since that rate decides whether a value is seen at all. So a session whose
 * rate was turned up inside the window counts once, and sessions of sites with other rates add up.
 */
export function distinctEstimate(sketches: WeightedSketches): number | undefined {
  if (sketches.length === 1) return sketches[0]!.weight * estimateOf(sketches[0]!)
  if (sketches.length === 0) return undefined
  return strataOf(sketches).reduce((sum, { weight, values }) => sum + weight * values, 0)
}

/**
 * The variance of that estimate: Σ w(w − 1) over the values seen (Poisson sampling, one value one
 * cluster), and what the registers add; and as its degrees of freedom how many values carry the
 * first, as for `moments` of other totals.
 *
 * What it assumes: the field names what was sampled, as `session` does, or has values that belong
 * to one session each. A value that many sessions share is seen too often for its weight, and then
 * neither the estimate nor its error means anything.
 */
export function distinctVariance(sketches: WeightedSketches): {
  readonly variance: number
  readonly freedom: number
} {
  let [sampled, fourth, registers, before] = [0, 0, 0, 0]
  const isExact = sketches.every(isList)
  for (const { weight, values, union } of strataOf(sketches)) {
    const square = weight * (weight - 1)
    sampled += square * values
    fourth += square * square * values
    // Registers err in proportion to all that they hold, and a stratum is a difference of two.
    if (!isExact) registers += weight * weight * REGISTERS_VARIANCE * (union ** 2 - before ** 2)
    before = union
  }
  const freedom = fourth === 0 ? Infinity : (sampled * sampled) / fourth
  return { variance: sampled + registers, freedom }
}

/** Whether a sketch still lists its coupons, and counts exactly. */
export const isList = (sketch: Readonly<HyperLogLog>): boolean => sketch.registers === undefined

function strataOf(sketches: WeightedSketches): readonly Stratum[] {
  const met = sketches.every(isList) ? listed() : inRegisters()
  let before = 0
  return sketches.map((sketch) => {
    // Estimates of a growing set hardly ever fall; where one does, nothing new was met.
    const union = Math.max(before, met(sketch))
    const values = union - before
    before = union
    return { weight: sketch.weight, values, union }
  })
}

/** How many values all sketches so far have, exactly. */
function listed(): (sketch: Readonly<HyperLogLog>) => number {
  const met = new Set<number>()
  return ({ coupons }) => {
    for (const coupon of coupons) met.add(coupon)
    return met.size
  }
}

function inRegisters(): (sketch: Readonly<HyperLogLog>) => number {
  const met: HyperLogLog = { coupons: [], registers: undefined }
  return (sketch) => {
    mergeHyperLogLog(met, sketch)
    return estimateOf(met)
  }
}
