import assert from 'node:assert/strict'
import { test } from 'node:test'
import { studentQuantile } from './student-quantile.ts'

/** Degrees of freedom, the 97.5 % quantile of Student's t, and how far ours may lie above. */
const TABLE = [
  [2, 4.3027, 0.041],
  [3, 3.1824, 0.012],
  [5, 2.5706, 0.005],
  [10, 2.2281, 0.0012],
  [20, 2.086, 0.0005],
  [60, 2.0003, 0.0001],
  [Infinity, 1.96, 0.0001],
] as const

for (const [freedom, quantile, excess] of TABLE) {
  test(`[S5] with ${freedom} degrees of freedom an interval reaches ${quantile} errors`, () => {
    const ratio = studentQuantile(freedom) / quantile

    assert.ok(ratio > 0.9999 && ratio < 1 + excess, `${ratio}`)
  })
}

test('[S5] fewer than two degrees of freedom count as two', () => {
  assert.equal(studentQuantile(0.5), studentQuantile(2))
})
