import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WindowResult } from '../../model/window-result.ts'
import { seriesColumns } from './series-answer.ts'

const windowAt = (end: number, values: WindowResult['values'], complete = true): WindowResult => ({
  v: 1,
  id: '',
  scope: 'all',
  monitor: 'm',
  definition: 'd',
  group: {},
  start: end - 1,
  end,
  rev: 1,
  closed: true,
  rows: 1,
  values,
  sources: { expected: 1, reported: 1, missing: [] },
  complete,
  corrected: false,
  receipt: { event: null, read: null, pane: null, closed: null },
})

test('[U19] windows become columns, and an absent value is null, not zero', () => {
  const columns = seriesColumns([windowAt(1, { a: 1 }), windowAt(2, { b: 2 }, false)])

  assert.deepEqual(columns, {
    ends: [1, 2],
    complete: [true, false],
    values: { a: [1, null], b: [null, 2] },
  })
})

test('[U19] a long series has at most 600 points and loses neither minimum nor maximum', () => {
  const windows = Array.from({ length: 7_201 }, (_, i) =>
    windowAt(i, { a: i === 3_333 ? 99 : i === 5_001 ? -7 : 1 }, i !== 4_444),
  )

  const { ends, values, complete } = seriesColumns(windows)

  assert.ok(ends.length <= 600)
  assert.ok(values['a']?.includes(99) && values['a'].includes(-7))
  assert.equal(complete.filter((each) => !each).length, 2)
  assert.deepEqual(
    ends,
    ends.toSorted((a, b) => a - b),
  )
})

test('[U19] no windows are no points', () => {
  assert.deepEqual(seriesColumns([]), { ends: [], complete: [], values: {} })
})
