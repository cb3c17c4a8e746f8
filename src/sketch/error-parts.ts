import type { AggregateSpec } from '../model/monitor.ts'
import type { AggregateState } from './aggregate-state.ts'
import { distinctVariance, isList, type WeightedSketches } from './distinct-estimate.ts'
import { SAMPLE_BUCKETS, sampleError } from './sample-error.ts'

/**
 * What one kind of sampled state adds to the variance of a value. `freedom` is on how many clusters
 * that rests, in degrees of freedom; `members` are the slots of the aggregates it is made of.
 */
export type ErrorPart = {
  readonly members: readonly number[]
  readonly variance: number
  readonly freedom: number
}

/** A value's aggregates with how it moves along each; all arrays by slot. */
export type Sloped = {
  readonly specs: readonly AggregateSpec[]
  readonly states: readonly AggregateState[]
  readonly slopes: Float64Array
}

/**
 * The parts of a value's variance. Sums and counts share their clusters, so they are one part, and
 * so are distinct counts of one field that still list their values. All else is a part by itself;
 * a kind whose error is not known is a part of unknown variance.
 */
export function errorParts(value: Sloped): readonly ErrorPart[] {
  const { specs, slopes } = value
  const totals: number[] = []
  const slotsByField = new Map<string, number[]>()
  const parts: ErrorPart[] = []
  for (const [slot, { kind, field = '' }] of specs.entries()) {
    if (slopes[slot] === 0) continue
    if (kind === 'sum' || kind === 'count') totals.push(slot)
    else if (kind === 'distinct')
      slotsByField.set(field, [...(slotsByField.get(field) ?? []), slot])
    else parts.push({ members: [slot], variance: NaN, freedom: Infinity })
  }
  if (totals.length > 0) parts.push(totalsPart(value, totals))
  for (const slots of slotsByField.values()) parts.push(...distinctParts(value, slots))
  return parts
}

function totalsPart({ specs, states, slopes }: Sloped, members: readonly number[]): ErrorPart {
  const sums = new Float64Array(SAMPLE_BUCKETS)
  for (const slot of members) {
    const state = states[slot]!
    const error = 'error' in state ? state.error : undefined
    if (error === undefined) continue
    sampleError.addTo(sums, error, { factor: slopes[slot]!, digits: specs[slot]!.digits })
  }
  return { members, ...moments(sums) }
}

function distinctParts(value: Sloped, slots: readonly number[]): readonly ErrorPart[] {
  const { states, slopes } = value
  if (slots.length > 1 && slots.every((slot) => sketchesOf(states[slot]!).every(isList))) {
    return [listedPart(value, slots)]
  }
  return slots.map((slot) => {
    const { variance, freedom } = distinctVariance(sketchesOf(states[slot]!))
    return { members: [slot], variance: slopes[slot]! ** 2 * variance, freedom }
  })
}

/** Distinct counts over the same values: what a value adds to them all, it adds together. */
function listedPart({ states, slopes }: Sloped, members: readonly number[]): ErrorPart {
  const shareByCoupon = new Map<number, number>()
  for (const slot of members) {
    const met = new Set<number>()
    for (const { weight, coupons } of sketchesOf(states[slot]!)) {
      const share = slopes[slot]! * Math.sqrt(weight * (weight - 1))
      for (const coupon of coupons) {
        if (met.has(coupon)) continue
        met.add(coupon)
        shareByCoupon.set(coupon, (shareByCoupon.get(coupon) ?? 0) + share)
      }
    }
  }
  return { members, ...moments(shareByCoupon.values()) }
}

const sketchesOf = (state: AggregateState): WeightedSketches =>
  'byWeight' in state ? state.byWeight : []

/**
 * The variance of independent shares, and as its degrees of freedom how many of them carry it,
 * (Σ share²)² / Σ share⁴. That is a third to a half of what Satterthwaite's rule (Biometrics
 * Bulletin 2, 1946) gives, since a sample that missed the heaviest sessions does not only miss
 * their share but takes its own error for too small as well; set by simulation (ADR 0014).
 */
function moments(shares: Iterable<number>): { variance: number; freedom: number } {
  let variance = 0
  let fourth = 0
  for (const share of shares) {
    const square = share * share
    variance += square
    fourth += square * square
  }
  return { variance, freedom: fourth === 0 ? Infinity : (variance * variance) / fourth }
}
