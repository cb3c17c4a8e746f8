import assert from 'node:assert/strict'
import { test } from 'node:test'
import { advance, isSkewed, leastOf, WATERMARK_NONE } from './watermark.ts'

test('[W5] a watermark is the greatest event time and never moves back', () => {
  const first = advance(WATERMARK_NONE, 1000)

  assert.equal(first, 1000)
  assert.equal(advance(first, 400), 1000)
  assert.equal(advance(first, 1001), 1001)
})

test('[W9] a row is skewed that lies more than skew ahead of its record’s time', () => {
  assert.equal(isSkewed(15_000, 10_000, 5000), false)
  assert.equal(isSkewed(15_001, 10_000, 5000), true)
})

test('[V1] sources have come as far as the slowest of them', () => {
  assert.equal(leastOf([3000, 1000, 2000]), 1000)
  assert.equal(leastOf([]), WATERMARK_NONE)
})
