import assert from 'node:assert/strict'
import { test } from 'node:test'
import { couponOf } from './coupon.ts'
import { distinct } from './distinct.ts'

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

test('[S2] sketches of two weights stay apart, and the greatest scaled estimate counts', () => {
  const state = distinct.merge(sketchOf(names(70, 's'), 1), sketchOf(names(9, 's'), 10))

  assert.equal(distinct.result(state), 90)
})

test('[V2] the distinct count of nothing is undefined', () => {
  assert.equal(distinct.result(sketchOf([''])), undefined)
})
