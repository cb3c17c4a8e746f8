import assert from 'node:assert/strict'
import test from 'node:test'
import { monitor } from '../../../test/rig/monitor.ts'
import { rowColumns } from '../../../test/rig/row-columns.ts'
import { bailReasons, newAggregateProgress } from '../aggregate-progress.ts'
import { PartitionFold } from '../partition-fold.ts'

const START = 1_795_383_150_000
const SPEC = { site: 'here', partitions: 1, panesPartitions: 1, skewMs: 5000, early: false }

test('[R7] a row that has to be parsed whole is counted by why', () => {
  const rows = [
    `{"ts":${START},"stream":"s"}`,
    `{"ts":${START},"stream":"s","x":1e3}`,
    `{"ts":${START},"stream":"\\u0073"}`,
    `{"ts":${START},"ts":${START},"stream":"s"}`,
    `{"ts":${START}}`,
    `{"ts":${START}`,
  ]
  const fold = new PartitionFold({ ...SPEC, monitors: [monitor()] }, 0)

  fold.fold(rowColumns(rows, { base: 0, appendedAt: START }), START)

  const { bails } = fold.takeCounts()
  const counted = bailReasons.flatMap((reason, i) => (bails[i] ? [[reason, bails[i]]] : []))
  assert.deepEqual(counted, [
    ['syntax', 1],
    ['duplicate', 1],
    ['text', 1],
    ['number', 1],
    ['missing', 1],
  ])
  assert.deepEqual(new Set(fold.takeCounts().bails), new Set([0]))
  assert.equal(newAggregateProgress().bailed_syntax, 0)
})
