import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monitor } from '../../../test/rig/monitor.ts'
import type { AggregateSpec, MonitorSpec } from '../../model/monitor.ts'
import type { RollUp } from '../../model/roll-up.ts'
import { aggregateState } from '../../sketch/aggregate-state.ts'
import { ByteWriter } from '../../std/bytes.ts'
import { compileMonitor } from '../compiled-monitor.ts'
import { HourFold } from './hour-fold.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** A full hour. */
const START = 1_795_384_800_000
const SUM: AggregateSpec = { name: 'sum', kind: 'sum', field: 'x', digits: 3 }
const P95: AggregateSpec = { name: 'p95', kind: 'quantile', field: 'x', digits: 3, q: 0.95 }

/** A minute of a monitor without any rows in its states. */
function minuteOf({ id, definition, aggregates }: MonitorSpec, end: number): RollUp {
  const writer = new ByteWriter()
  const states = aggregates.map((spec) =>
    aggregateState.encode(spec, aggregateState.zero(spec), writer),
  )
  return {
    ...{
      v: 1,
      id: `all|${id}|["a"]|${end}`,
      tier: 'minute',
      scope: 'all',
      monitor: id,
      definition,
    },
    ...{ group: { stream: 'a' }, start: end - MINUTE, end, rev: 1, closed: true, rows: 5 },
    ...{ values: {}, sources: { expected: 1, reported: 1, missing: [] } },
    ...{ complete: true, corrected: false, states },
    receipt: { event: null, read: null, pane: null, closed: null },
  }
}

test('[T4] [T7] an hour is of one definition: what another one made is not merged into it', () => {
  const before = monitor({ aggregates: [SUM] })
  const after = monitor({ definition: '00000000000000bb', aggregates: [P95, SUM] })
  let inForce = compileMonitor(before)
  const fold = new HourFold(() => inForce)
  assert.equal(fold.minute(minuteOf(before, START + MINUTE), 1), 'new')
  assert.equal(fold.minute(minuteOf(before, START + 2 * MINUTE), 2), 'new')
  const past = { monitor: before.id, scope: 'all' }
  const wall = { wall: 7, isQuiet: false }
  const [opened] = [...fold.past({ ...past, to: START + 2 * MINUTE }, wall)]
  inForce = compileMonitor(after)

  assert.equal(fold.minute(minuteOf(after, START + 3 * MINUTE), 3), 'new')
  assert.equal(fold.minute(minuteOf(after, START + 4 * MINUTE), 4), 'new')
  const hours = [...fold.past({ ...past, to: START + HOUR }, wall)]

  assert.deepEqual(
    hours.map((hour) => [hour.definition, hour.rows, hour.closed, hour.complete]),
    [[after.definition, 10, true, false]],
  )
  assert.ok(hours[0]!.rev > opened!.rev, 'it replaces what was issued of the hour before')
  assert.equal(fold.size, 0)
})

test('[T4] [A75] an hour that another definition began is not whole after a restart either', () => {
  const before = monitor({ aggregates: [SUM] })
  const after = monitor({ definition: '00000000000000bb', aggregates: [P95, SUM] })
  const past = { monitor: before.id, scope: 'all' }
  const wall = { wall: 7, isQuiet: false }
  const first = new HourFold(() => compileMonitor(before))
  for (const i of [1, 2]) first.minute(minuteOf(before, START + i * MINUTE), i)
  const [opened] = [...first.past({ ...past, to: START + 2 * MINUTE }, wall)]

  const fold = new HourFold(() => compileMonitor(after))
  for (const i of [1, 2]) {
    assert.equal(fold.minute(minuteOf(before, START + i * MINUTE), i), 'definition')
  }
  assert.equal(fold.oldestOffset, 1, 'a further restart sees them too')
  assert.deepEqual([...fold.past({ ...past, to: START + 2 * MINUTE }, wall)], [])
  assert.equal(fold.minute(minuteOf(after, START + 3 * MINUTE), 3), 'new')
  assert.equal(fold.oldestOffset, 1)
  const hours = [...fold.past({ ...past, to: START + HOUR }, wall)]

  assert.deepEqual(
    hours.map(({ rows, closed, complete }) => [rows, closed, complete]),
    [[5, true, false]],
  )
  assert.ok(hours[0]!.rev > opened!.rev, 'it replaces what was issued of the hour before')
  assert.equal(fold.size, 0)
})

test('[T4] an hour that begins before its minutes are whole is not complete', () => {
  const spec = monitor({ aggregates: [SUM] })
  const fold = new HourFold(() => compileMonitor(spec))
  const hourOf = (hour: number, from?: number) => {
    fold.minute(minuteOf(spec, START + hour * HOUR + 30 * MINUTE), hour)
    const past = { monitor: spec.id, scope: 'all', to: START + (hour + 1) * HOUR, from }
    return [...fold.past(past, { wall: 7, isQuiet: false })].map(({ complete }) => complete)
  }

  assert.deepEqual(hourOf(0), [true])
  assert.deepEqual(hourOf(1, START + HOUR + MINUTE), [false])
  assert.deepEqual(hourOf(2, START + HOUR + MINUTE), [true])
  fold.beginAt(START + 3 * HOUR + MINUTE)
  assert.deepEqual(hourOf(3), [false])
  assert.deepEqual(hourOf(4), [true])
})
