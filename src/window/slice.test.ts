import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { gcd, sliceMsOf, sliceStart, windowEnds } from './slice.ts'

const specs = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 12 }))
  .map(([hops, hop]) => ({ hopMs: hop * 500, sizeMs: hops * hop * 500 }))
const instants = fc.integer({ min: -1e12, max: 4e12 })

test('[W4] the slice length is the greatest common divisor of size and hop', () => {
  assert.equal(gcd(10_000, 1000), 1000)
  assert.equal(gcd(60_000, 60_000), 60_000)
  assert.equal(sliceMsOf({ sizeMs: 15_000, hopMs: 10_000 }), 5000)
})

test('[W3] a row exactly at a window’s end belongs to the next one', () => {
  assert.equal(sliceStart(9999, 10_000), 0)
  assert.equal(sliceStart(10_000, 10_000), 10_000)
  assert.equal(sliceStart(-1, 10_000), -10_000)
})

test('[W2] the windows of a row are those aligned ones that hold it, half-open', () => {
  fc.assert(
    fc.property(specs, instants, (spec, ts) => {
      const ends = windowEnds(sliceStart(ts, sliceMsOf(spec)), spec)

      const expected: number[] = []
      const first = Math.floor(ts / spec.hopMs) * spec.hopMs
      for (let end = first; end <= ts + spec.sizeMs + spec.hopMs; end += spec.hopMs) {
        if (ts >= end - spec.sizeMs && ts < end) expected.push(end)
      }
      assert.deepEqual(ends, expected)
      assert.equal(ends.length, spec.sizeMs / spec.hopMs)
    }),
  )
})
