import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DDSketch } from '@datadog/sketches-js'
import fc from 'fast-check'
import { bucketOf } from './quantile-bucket.ts'
import { quantile, valueOfBucket } from './quantile.ts'

const RANKS = [0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 1]
const measures = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 })

function sketchOf(values: readonly number[]) {
  const state = quantile.zero()
  for (const value of values) quantile.add(state, value)
  return state
}

const exactOf = (values: readonly number[], q: number) =>
  values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))]!

test('[P4] every quantile lies within 1 % ± 0.0005 of the value of rank ⌊q (n − 1)⌋', () => {
  fc.assert(
    fc.property(measures, fc.constantFrom(...RANKS), (values, q) => {
      const exact = exactOf(values, q)

      const result = quantile.result(sketchOf(values), q)

      assert.ok(result !== undefined)
      // Half a thousandth of rounding first, then 1 % of what was rounded.
      assert.ok(Math.abs(result - exact) <= 0.01 * (Math.abs(exact) + 0.0005) + 0.00050001)
    }),
  )
})

test('[P4] quantiles agree with another DDSketch of 1 % to within both errors', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), { minLength: 1 }),
      fc.constantFrom(...RANKS),
      (values, q) => {
        const rival = new DDSketch({ relativeAccuracy: 0.01 })
        for (const value of values) rival.accept(value)

        const result = quantile.result(sketchOf(values), q)

        assert.ok(result !== undefined)
        const other = rival.getValueAtQuantile(q)
        assert.ok(Math.abs(result - other) <= 0.0211 * Math.abs(other) + 0.001)
      },
    ),
  )
})

const BUCKETS = [
  [0, -1],
  [0.0004, -1],
  [0.0005, 0],
  [0.001, 0],
  [0.002, 35],
  [-0.001, -2],
  [-0.002, -37],
  [1, 346],
  [2 ** 53, 2183],
  [-(2 ** 53), -2185],
] as const

for (const [value, bucket] of BUCKETS) {
  test(`[Z9] ${value} falls into bucket ${bucket}`, () => {
    assert.equal(bucketOf(value), bucket)
  })
}

test('[Z9] a bucket ends at the last unit whose logarithm fits', () => {
  for (const bucket of [100, 500, 1000, 1500]) {
    const edge = Math.floor((1.01 / 0.99) ** bucket)
    const near = [edge - 1, edge, edge + 1, edge + 2].map((units) => bucketOf(units / 1000))

    assert.deepEqual(
      near,
      near.toSorted((a, b) => a - b),
    )
    assert.ok(near[0]! <= bucket && near[3]! >= bucket)
  }
})

test('[Z9] larger values never have smaller buckets, and a bucket stands for its own', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e12, max: 1e12 }), (value) => {
      assert.ok(bucketOf(value) <= bucketOf(value + Math.abs(value) / 50 + 0.001))
      const units = Math.floor(value * 1000 + 0.5) / 1000
      const stands = valueOfBucket(bucketOf(value))
      assert.ok(Math.abs(stands - units) <= 0.0100001 * Math.abs(units))
    }),
  )
})

test('[V2] the quantile of nothing is undefined', () => {
  assert.equal(quantile.result(quantile.zero(), 0.95), undefined)
})
