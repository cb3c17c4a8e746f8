import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { slopeOf } from './slope.ts'

const NIGHT = 1_795_392_000_000
const values = fc.array(fc.integer({ min: -10_000, max: 10_000 }), { minLength: 2, maxLength: 80 })

/** By the normal equations in whole numbers, without means: exact, but for the last division. */
function oracle(points: readonly { readonly at: number; readonly value: number }[]): number {
  let [n, sx, sy, sxx, sxy] = [0n, 0n, 0n, 0n, 0n]
  for (const { at, value } of points) {
    const [x, y] = [BigInt(at), BigInt(value)]
    n += 1n
    sx += x
    sy += y
    sxx += x * x
    sxy += x * y
  }
  return Number(n * sxy - sx * sy) / Number(n * sxx - sx * sx)
}

test('[H1] the slope is that of the line that fits best', () => {
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 60 }), (given, step) => {
      const points = given.map((value, i) => ({ at: NIGHT + i * step * 1000, value }))

      const slope = slopeOf(points)

      const expected = oracle(points)
      assert.ok(Math.abs(slope - expected) <= 1e-9 * Math.max(1e-6, Math.abs(expected)))
    }),
  )
})

test('[H1] a line has its own slope, and one instant has none', () => {
  const line = [0, 1, 2, 5].map((i) => ({ at: NIGHT + i * 1000, value: 7 - 3 * i }))

  assert.ok(Math.abs(slopeOf(line) * 1000 + 3) < 1e-12)
  assert.ok(Number.isNaN(slopeOf(line.slice(0, 1))))
})
