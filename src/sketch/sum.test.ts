import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isExactSum, sum, unitsOf } from './sum.ts'

const ROUNDED = [
  { value: 0.0005, weight: 1, scale: 1000, units: 1 },
  { value: 0.00049, weight: 1, scale: 1000, units: 0 },
  { value: -0.0005, weight: 1, scale: 1000, units: 0 },
  { value: -0.0006, weight: 1, scale: 1000, units: -1 },
  { value: 2.5, weight: 1, scale: 1, units: 3 },
  { value: -2.5, weight: 1, scale: 1, units: -2 },
  { value: 1.005, weight: 1, scale: 1000, units: 1005 },
  { value: 12, weight: 2.5, scale: 1, units: 30 },
]

for (const { value, weight, scale, units } of ROUNDED) {
  test(`[Z7] ${value} of weight ${weight} at scale ${scale} is ${units} units`, () => {
    assert.equal(unitsOf(value, weight, scale), units)
  })
}

test('[P3] a sum of tenths is exact, because units are integers', () => {
  const state = sum.zero(3)

  for (let i = 0; i < 1000; i++) sum.add(state, 0.1)

  assert.equal(sum.result(state), 100)
})

test('[P3] a sum is exact up to 2^53 units and says so beyond', () => {
  const state = sum.zero(0)
  sum.add(state, Number.MAX_SAFE_INTEGER - 1)
  sum.add(state, 1)
  assert.equal(isExactSum(state.units), true)

  sum.add(state, 1)

  assert.equal(isExactSum(state.units), false)
})
