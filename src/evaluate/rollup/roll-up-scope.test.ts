import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monitor } from '../../../test/rig/monitor.ts'
import { Pipeline } from '../../../test/rig/pipeline.ts'
import type { RollUp } from '../../model/roll-up.ts'
import { GroupKeys } from '../panes/group-keys.ts'
import { RecordReader } from '../panes/record-reader.ts'
import { SourceTable } from '../source-table.ts'
import { rollUpMonitor } from './roll-up-monitor.ts'
import { RollUpScope, type RollUpScopeParts } from './roll-up-scope.ts'

const MINUTE = 60_000
/** A full hour. */
const START = 1_795_384_800_000
const spec = monitor()

/** Five minutes of one group, beside it nine others for the second of them. */
function panes() {
  const pipeline = new Pipeline([spec])
  for (let at = 0; at < 5 * MINUTE; at += 1000) {
    const isCrowded = at >= MINUTE && at < 2 * MINUTE
    const streams = ['s', ...(isCrowded ? [...'abcdefghi'] : [])]
    pipeline.push(
      0,
      streams.map((stream) => ({ ts: START + at, stream, x: 1 })),
    )
    pipeline.beat(START + at)
  }
  pipeline.beat(START + 10 * MINUTE)
  return pipeline.panes
}

/** All minutes that are made of the panes, and how many panes were refused. */
function rolledUp(limits: Omit<RollUpScopeParts, 'sources'>) {
  const sources = new SourceTable(30_000)
  const scope = new RollUpScope(rollUpMonitor(spec, MINUTE), 'all', { sources, ...limits })
  const keys = new GroupKeys()
  const minutes: RollUp[] = []
  let refused = 0
  for (const [offset, { key, value }] of panes().entries()) {
    const record = new RecordReader(() => spec.aggregates).read(whole(key), whole(value))
    if (record.kind === 'pane' && record.pane.closed) {
      const at = keys.at(record.key)
      const source = sources.numberOf('here', record.pane.partition)
      assert.ok(at !== undefined && source !== undefined)
      const of = { key: at.number, group: at.group, source, offset, appendedAt: 5 }
      const verdict = scope.put({ ...of, pane: record.pane })
      if (verdict === 'panes' || verdict === 'groups') refused++
    } else if (record.kind === 'watermark') {
      sources.hear(record.watermark)
      for (const made of scope.due(7)) if (made.kind === 'rollUp') minutes.push(made.rollUp)
    }
  }
  return { minutes, refused }
}

const whole = (bytes: Uint8Array) => ({ bytes, start: 0, length: bytes.length })

const minuteOf = ({ start }: RollUp) => (start - START) / MINUTE

test('[T2] a minute of which a pane was refused is not complete, and later ones are', () => {
  const all = rolledUp({})
  const some = rolledUp({ panesMax: 300 })

  assert.equal(all.refused, 0)
  assert.ok(some.refused > 0)
  const rowsOf = new Map(all.minutes.map(({ id, rows }) => [id, rows]))
  const cut = some.minutes.filter(({ id, rows }) => rows < rowsOf.get(id)!)
  assert.ok(cut.length > 0)
  assert.deepEqual(
    cut.filter(({ complete }) => complete),
    [],
  )
  const last = some.minutes.filter((minute) => minuteOf(minute) === 4)
  assert.deepEqual(
    last.map(({ complete }) => complete),
    [true],
  )
})

test('[T2] where a group was refused, others are complete', () => {
  const { minutes, refused } = rolledUp({ groupsMax: 1 })

  assert.equal(refused, 9 * 60)
  assert.deepEqual(minutes.map((minute) => [minuteOf(minute), minute.complete]).slice(1), [
    [1, true],
    [2, true],
    [3, true],
    [4, true],
  ])
})
