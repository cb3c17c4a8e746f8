import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sliceVerdict } from './slice-verdict.ts'

const SPEC = { latenessMs: 2000, correctionMs: 60_000 }

const CASES = [
  { id: 'W6', watermark: 11_999, verdict: 'open', says: 'just below end + lateness' },
  { id: 'W6', watermark: 12_000, verdict: 'late', says: 'at end + lateness' },
  { id: 'W8', watermark: 71_999, verdict: 'late', says: 'just below the correction horizon' },
  { id: 'W8', watermark: 72_000, verdict: 'lost', says: 'at the correction horizon' },
  { id: 'W6', watermark: -Infinity, verdict: 'open', says: 'before any row' },
] as const

for (const { id, watermark, verdict, says } of CASES) {
  test(`[${id}] a row reached at a watermark ${says} finds its slice ${verdict}`, () => {
    assert.equal(sliceVerdict(10_000, watermark, SPEC), verdict)
  })
}
