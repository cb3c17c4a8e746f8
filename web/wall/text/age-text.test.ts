import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ageText, clockText } from './age-text.ts'

test('[U3] an age is said as short as it can be, and never negative', () => {
  const cases = [
    [-5, '0 s'],
    [59_999, '59 s'],
    [65_000, '1 min 05'],
    [600_000, '10 min'],
    [7_500_000, '2 h 05'],
    [180_000_000, '2 d'],
  ] as const
  for (const [ms, text] of cases) assert.equal(ageText(ms), text)
  assert.equal(clockText(1_795_383_160_000), '21:32:40')
})
