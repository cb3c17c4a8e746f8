import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { median } from './median.ts'

test('[H1] as many numbers lie below the median as above it', () => {
  const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(numbers, (given) => {
      const middle = median(given)

      assert.ok(given.filter((number) => number < middle).length <= given.length / 2)
      assert.ok(given.filter((number) => number > middle).length <= given.length / 2)
      // By counting and not by sorting: the mean of the two that half reach, from each side.
      const half = given.length / 2
      const low = Math.min(...given.filter((a) => given.filter((b) => b <= a).length >= half))
      const high = Math.max(...given.filter((a) => given.filter((b) => b >= a).length >= half))
      assert.equal(middle, (low + high) / 2)
    }),
  )
})

test('[H1] the median of nothing is not a number, and that of large numbers is finite', () => {
  assert.ok(Number.isNaN(median([])))
  assert.equal(median([1e308, 1.2e308]), 1.1e308)
})
