import assert from 'node:assert/strict'
import { test } from 'node:test'
import { couponOf } from './coupon.ts'
import { distinct } from './distinct.ts'
import { distinctVariance } from './distinct-estimate.ts'

const encoder = new TextEncoder()

function sketchOf(values: Iterable<string>, weight = 1) {
  const state = distinct.zero()
  for (const value of values) {
    const coupon = couponOf(encoder.encode(value))
    if (coupon !== undefined) distinct.add(state, coupon, weight)
  }
  return state
}

const names = (count: number, from: string) => Array.from({ length: count }, (_, i) => from + i)

test('[P4] up to 256 values are counted exactly, however often each is seen', () => {
  const values = names(256, 's')

  assert.equal(distinct.result(sketchOf([...values, ...values])), 256)
})

for (const count of [300, 1000, 3000, 10000, 30000, 100000]) {
  test(`[P4] the error over ${count} values is within the stated 1.63 %`, () => {
    const errors = ['a', 'b', 'c', 'd', 'e', 'f'].map((from) => {
      const result = distinct.result(sketchOf(names(count, from))) ?? 0
      return result / count - 1
    })

    // Six runs of standard error σ: their mean square stays below (1.8 σ)² but once in thousands.
    const rms = Math.sqrt(errors.reduce((all, error) => all + error * error, 0) / errors.length)
    assert.ok(rms < 1.8 * 0.0163, `${rms}`)
  })
}

test('[S2] a value counts once, at the least weight that it was seen with', () => {
  const isIn = distinct.merge(sketchOf(names(70, 's'), 1), sketchOf(names(9, 's'), 10))
  const isBeside = distinct.merge(sketchOf(names(70, 's'), 1), sketchOf(names(9, 't'), 10))

  assert.equal(distinct.result(isIn), 70)
  assert.equal(distinct.result(isBeside), 160)
})

test('[S2] a site sampled at 1/20 adds to a large one that is seen whole', () => {
  const merged = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((from) =>
    distinct.merge(sketchOf(names(20_000, from), 1), sketchOf(names(500, `${from}-`), 20)),
  )

  // Which sessions were sampled is fixed here, so only the registers' part of the variance shows.
  const { variance } = distinctVariance(merged[0]!.byWeight)
  const stated = Math.sqrt(variance - 20 * 19 * 500) / 30_000
  const errors = merged.map((state) => (distinct.result(state) ?? 0) / 30_000 - 1)
  const rms = Math.sqrt(errors.reduce((all, error) => all + error * error, 0) / errors.length)
  assert.ok(rms < 1.6 * stated && rms > 0.4 * stated, `${rms} of ${stated}`)
})

test('[S2] the variance of a distinct count is w(w − 1) a value, and 1.63 % of registers', () => {
  const list = distinctVariance(sketchOf(names(100, 's'), 10).byWeight)
  const registers = distinctVariance(sketchOf(names(1000, 's'), 1).byWeight)

  assert.deepEqual(list, { variance: 9000, freedom: 100 })
  assert.ok(Math.abs(Math.sqrt(registers.variance) / 1000 - 0.01625) < 0.001)
  assert.equal(registers.freedom, Infinity)
})

test('[V2] the distinct count of nothing is undefined', () => {
  assert.equal(distinct.result(sketchOf([''])), undefined)
})
