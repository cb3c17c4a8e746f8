import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isClock, readWatermark } from './watermark-codec.ts'

const watermark = { v: 1, site: 'ams1', partition: 2, of: 4, watermark: 10, at: 20 }

test('[P6] a watermark says how many partitions its site has, and where a replay ends', () => {
  assert.equal(readWatermark({ ...watermark, final: 30 })?.final, 30)
  assert.equal(readWatermark(watermark)?.of, 4)
  assert.equal(readWatermark({ ...watermark, of: undefined }), undefined)
})

test('a clock record is of the reserved site and no other', () => {
  const clock = { v: 1, site: 'clock', partition: 0, epoch: 1, commands_to: 0, at: 20 }

  assert.equal(isClock(clock), true)
  assert.equal(isClock({ ...clock, site: 'ams1' }), false)
})
