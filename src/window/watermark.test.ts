import assert from 'node:assert/strict'
import { test } from 'node:test'
import { advance, leastOf, WATERMARK_NONE } from './watermark.ts'

test('[W5] a watermark is the greatest event time and never moves back', () => {
  const first = advance(WATERMARK_NONE, { ts: 1000, appendedAt: 1000 }, 5000)
  const second = advance(first.watermark, { ts: 400, appendedAt: 1100 }, 5000)

  assert.deepEqual(first, { watermark: 1000, isSkewed: false })
  assert.deepEqual(second, { watermark: 1000, isSkewed: false })
})

test('[W9] a row more than skew ahead of its record’s time moves no watermark', () => {
  assert.deepEqual(advance(0, { ts: 15_000, appendedAt: 10_000 }, 5000), {
    watermark: 15_000,
    isSkewed: false,
  })
  assert.deepEqual(advance(0, { ts: 15_001, appendedAt: 10_000 }, 5000), {
    watermark: 0,
    isSkewed: true,
  })
})

test('[V1] sources have come as far as the slowest of them', () => {
  assert.equal(leastOf([3000, 1000, 2000]), 1000)
  assert.equal(leastOf([]), WATERMARK_NONE)
})
