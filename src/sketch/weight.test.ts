import assert from 'node:assert/strict'
import { test } from 'node:test'
import { weightOf } from './weight.ts'

const CASES = [
  { p: 1, weight: 1, says: 'stands for itself' },
  { p: 0.1, weight: 10, says: 'stands for ten' },
  { p: 0.3333, weight: 3, says: 'is snapped to three' },
  { p: 0.1005, weight: 10, says: 'is snapped to ten' },
  { p: 0.102, weight: 1 / 0.102, says: 'lies more than 1 % off and is kept' },
  { p: 0.4, weight: 2.5, says: 'is kept' },
  { p: 0.9, weight: 1 / 0.9, says: 'is kept' },
  { p: 0.000001, weight: 1000000, says: 'is the least' },
]

for (const { p, weight, says } of CASES) {
  test(`[Z7] the weight of a row sampled at ${p} ${says}`, () => {
    assert.equal(weightOf(p), weight)
  })
}
