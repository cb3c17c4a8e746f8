import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import type { MonitorSpec } from '../../src/model/monitor.ts'
import type { RollUp } from '../../src/model/roll-up.ts'
import { aggregateState } from '../../src/sketch/aggregate-state.ts'
import { prng } from '../../src/std/prng.ts'
import { monitor } from '../rig/monitor.ts'
import { PaneOracle, type OracleRow } from '../rig/pane-oracle.ts'
import { Pipeline } from '../rig/pipeline.ts'
import { RollUpRig } from '../rig/roll-up-rig.ts'

const MINUTE = 60_000
const HOUR = 3_600_000
/** Ten minutes before a full hour. */
const START = 1_795_384_800_000 - 600_000

const half: MonitorSpec['values'] = [
  {
    name: 'half',
    expression: {
      op: '/',
      left: { op: 'name', name: 'sum' },
      right: { op: 'number', value: 2 },
    },
  },
]

/** Rows over some minutes, some of them up to half a minute late, some of a sample. */
function rowsOf(seed: number, given: { count: number; spanMs: number }): readonly OracleRow[] {
  const random = prng(seed)
  return Array.from({ length: given.count }, (_, i) => {
    const late = random.next() < 0.05 ? random.below(30_000) : 0
    return {
      ts: START + Math.floor((i / given.count) * given.spanMs) - late,
      stream: `s${random.below(4)}`,
      session: `v${random.below(400)}`,
      x: random.below(100_000) / 1000,
      ...(random.below(3) === 0 ? { p: 0.1 } : {}),
    }
  })
}

/** Rows through aggregation, with a heartbeat every second, until the last minute is final. */
function panesOf(rows: readonly OracleRow[], spec: MonitorSpec, partitions: number) {
  const pipeline = new Pipeline([spec], { partitions })
  let second = -Infinity
  for (const row of rows) {
    pipeline.push(pipeline.partitionOf(row.stream), [row])
    if (Math.floor(row.ts / 1000) <= second) continue
    second = Math.floor(row.ts / 1000)
    pipeline.beat(row.ts)
  }
  pipeline.beat(Math.max(...rows.map(({ ts }) => ts)) + 2 * HOUR)
  return pipeline.panes
}

/** What all rows of each span fold to at once, by stream and end: nothing is merged. */
function foldedAtOnce(rows: readonly OracleRow[], spec: MonitorSpec, spanMs: number) {
  const whole = { ...spec, window: { ...spec.window, sizeMs: spanMs, hopMs: spanMs } }
  const oracle = new PaneOracle({ monitors: [whole], site: 'here', skewMs: 5000 })
  const facts = { appendedAt: START * 2, readAt: START * 2 }
  for (const row of rows) oracle.row(row, facts)
  oracle.row({ ts: START * 2, stream: '-', src: 'beat' }, facts)
  const panes = oracle.due().filter(({ closed }) => closed)
  return new Map(panes.map((pane) => [`${pane.group[0]}|${pane.start + spanMs}`, pane]))
}

function assertFolded(
  rollUps: readonly RollUp[],
  expected: ReturnType<typeof foldedAtOnce>,
  spec: MonitorSpec,
): void {
  assert.equal(rollUps.length, expected.size)
  for (const { group, end, rows, states, values, rev, closed, stderr, sources } of rollUps) {
    const pane = expected.get(`${group['stream']}|${end}`)
    assert.ok(pane !== undefined && closed)
    assert.deepEqual(states, pane.states)
    assert.equal(rows, pane.rev)
    assert.equal(rev, rows * 4096 + 2 * sources.reported + 1)
    assert.equal(stderr !== undefined, pane.sampled)
    for (const [i, aggregate] of spec.aggregates.entries()) {
      const folded = aggregateState.decode(aggregate, pane.states[i]!)
      assert.ok(folded !== undefined)
      assert.equal(values[aggregate.name], aggregateState.result(aggregate, folded))
    }
    if (spec.values.length > 0) assert.equal(values['half'], values['sum']! / 2)
  }
}

const content = (rollUps: readonly RollUp[]) =>
  rollUps.map((rollUp) => JSON.stringify(rollUp)).sort()

test('[T2] a minute’s states are those of all its rows folded at once', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 3 }), (seed, partitions) => {
      const spec = monitor({ values: half })
      const rows = rowsOf(seed, { count: 800, spanMs: 5 * MINUTE })
      const rig = new RollUpRig([spec], panesOf(rows, spec, partitions)).foldTo()

      assertFolded(rig.minutes, foldedAtOnce(rows, spec, MINUTE), spec)
    }),
    { numRuns: 6 },
  )
})

test('[T2] slices that do not divide a minute make roll-ups of a few minutes, or none', () => {
  const window = (sizeMs: number) => ({ ...monitor().window, sizeMs, hopMs: sizeMs })
  const rows = rowsOf(5, { count: 900, spanMs: 12 * MINUTE })
  const spec = monitor({ window: window(45_000) })
  const rig = new RollUpRig([spec], panesOf(rows, spec, 2)).foldTo()
  assertFolded(rig.minutes, foldedAtOnce(rows, spec, 3 * MINUTE), spec)

  const odd = monitor({ window: window(7_000) })
  const none = new RollUpRig([odd], panesOf(rows, odd, 2)).foldTo()
  assert.equal(none.minutes.length, 0)
  assert.ok((none.outcomes['slice'] ?? 0) > 0)
})

test('[T3] minutes are the same wherever the reader was started again', () => {
  const spec = monitor()
  const panes = panesOf(rowsOf(3, { count: 900, spanMs: 6 * MINUTE }), spec, 2)
  const once = new RollUpRig([spec], panes).foldTo()
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(panes.length), { maxLength: 4 }), (places) => {
      const rig = new RollUpRig([spec], panes)
      for (const place of places.sort((a, b) => a - b)) rig.foldTo(place).restart()
      rig.foldTo()

      assert.deepEqual(content(rig.minutes), content(once.minutes))
      assert.deepEqual(rig.sites, once.sites)
    }),
    { numRuns: 20 },
  )
})

test('[T4] an hour is its minutes merged, and is issued before it is over with fewer rows', () => {
  const spec = monitor({ values: half })
  const rows = rowsOf(11, { count: 1500, spanMs: 80 * MINUTE })
  const rig = new RollUpRig([spec], panesOf(rows, spec, 2)).foldTo()

  const closed = rig.hours.filter((hour) => hour.closed)
  assertFolded(closed, foldedAtOnce(rows, spec, HOUR), spec)
  const open = rig.hours.filter((hour) => !hour.closed)
  assert.ok(open.length >= 4 * 5)
  const revOf = new Map(closed.map(({ id, rev }) => [id, rev]))
  for (const { id, rev } of open) assert.ok(rev < revOf.get(id)!)
})
