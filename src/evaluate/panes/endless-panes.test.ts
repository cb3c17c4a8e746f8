import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { above, monitor, rule } from '../../../test/rig/monitor.ts'
import { Pipeline, type Row } from '../../../test/rig/pipeline.ts'
import { rulesCommand } from '../../../test/rig/rules-command.ts'
import { RollUpRig } from '../../../test/rig/roll-up-rig.ts'
import { sparkPane, sparkRows } from '../../../test/rig/spark-panes.ts'
import type { AggregateSpec } from '../../model/monitor.ts'
import { aggregateState } from '../../sketch/aggregate-state.ts'
import { couponOf } from '../../sketch/coupon.ts'
import { distinct } from '../../sketch/distinct.ts'
import { ByteWriter, utf8 } from '../../std/bytes.ts'
import { prng } from '../../std/prng.ts'
import { decodePane, decodePanesRecord, encodePane } from '../../wire/pane-codec.ts'

/** A full hour. */
const START = 1_795_384_800_000
const MINUTE = 60_000
const SESSIONS: AggregateSpec = { name: 'sessions', kind: 'distinct', field: 's', digits: 0 }
const SKETCHES: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/hll.json', import.meta.url), 'utf8'),
)

const judged = monitor({
  rules: [
    rule({
      alert: 'Many',
      early: true,
      levels: [{ severity: 'warning', when: above('count', 150) }],
    }),
  ],
})

const measure = fc.oneof(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.integer({ min: 0, max: 1000 }),
)
const row = fc.record(
  {
    stream: fc.constantFrom('a', 'b'),
    x: measure,
    session: fc.nat({ max: 2000 }).map(String),
    p: fc.constantFrom(1, 0.1, 0.3),
    conn: fc.constantFrom('c1', 'c2'),
  },
  { requiredKeys: ['stream'], noNullPrototype: true },
)

/** Every pane that these rows make, each batch emitted. */
function panesOf(batches: readonly (readonly Row[])[]) {
  const pipeline = new Pipeline([judged], { live: true })
  for (const batch of batches) pipeline.push(0, batch)
  pipeline.beat(START + MINUTE)
  return pipeline.panes.flatMap((record) => decodePane(record) ?? [])
}

test('[P1] [Z9] [Z10] [Z18] a pane as JSON of another engine is the pane, to the byte', () => {
  fc.assert(
    fc.property(fc.array(fc.array(row, { maxLength: 60 }), { maxLength: 4 }), (batches) => {
      for (const pane of panesOf(batches.map((rows) => rows.map((r) => ({ ...r, ts: START }))))) {
        const value = utf8(JSON.stringify(sparkPane(pane, judged)))
        const read = decodePanesRecord({ value }, () => judged.aggregates)

        assert.ok(read.kind === 'pane')
        const expected = { ...pane, closed: false, endless: true }
        assert.equal(encodePane(read.pane).toHex(), encodePane(expected).toHex())
      }
    }),
    { numRuns: 60 },
  )
})

const VALUES = { 'list-1': 1, 'set-9': 9, 'set-200': 200, 'set-300': 300, 'registers-500': 500 }

for (const [name, count] of Object.entries({ ...VALUES, 'merged-550': 550 })) {
  test(`[Z10] ${name} of DataSketches is our state of the same values, to the byte`, () => {
    const ours = distinct.zero()
    for (let i = 0; i < count; i++) distinct.add(ours, couponOf(utf8(`v${i}`))!, 10)
    const { payload } = aggregateState.encode(SESSIONS, ours, new ByteWriter())
    const states = { sessions: { '1': SKETCHES['empty'], '10': SKETCHES[name], '2': null } }
    const value = utf8(JSON.stringify({ ...sparkPane(panesOf([[ROW]])[0]!, judged), states }))

    const read = decodePanesRecord({ value }, () => [SESSIONS])

    assert.ok(read.kind === 'pane')
    assert.equal(read.pane.states[0]!.payload.toHex(), payload.toHex())
  })
}

const ROW: Row = { ts: START, stream: 'a', x: 1, session: 's' }

/** Six minutes of three streams from two partitions, some rows late, one source silent at last. */
function made() {
  const random = prng(11)
  const pipeline = new Pipeline([judged], { live: true, partitions: 2 })
  for (let at = 0; at < 6 * MINUTE; at += 500) {
    pipeline.appendedAt += 500
    const rows = Array.from({ length: 1 + random.below(4) }, () => {
      const ts = START + at - (random.below(8) === 0 ? random.below(40_000) : random.below(900))
      const stream = `s${random.below(3)}`
      return { ts, stream, x: random.below(5000) / 7, session: `u${random.below(30)}`, p: 0.1 }
    })
    for (const each of rows) pipeline.push(pipeline.partitionOf(each.stream), [each])
    pipeline.beat(START + at)
  }
  pipeline.beat(START + 10 * MINUTE)
  return pipeline
}

type Result = { readonly id: string; readonly receipt: unknown }

/** By id: in which order groups were first seen is no part of it. */
const sorted = (results: Iterable<Result>) =>
  [...results]
    .map(({ receipt: _receipt, ...result }) => result)
    .sort((a, b) => (a.id < b.id ? -1 : 1))

test('[V1] [V5] [P2] windows over panes that nobody closes are those over panes that close', () => {
  const ours = made()
  const theirs = new Pipeline([judged], { live: true, partitions: 2 })

  for (const record of sparkRows(ours.panes, judged)) theirs.feed(record)

  assert.ok(theirs.panes.length < ours.panes.length, 'no pane came again to be closed')
  assert.ok(ours.windows.size > 900)
  assert.ok([...ours.windows.values()].some((window) => window.corrected))
  assert.deepEqual(sorted(theirs.windows.values()), sorted(ours.windows.values()))
  assert.ok(ours.steps.length > 0)
  assert.deepEqual(sorted(theirs.steps), sorted(ours.steps))
})

test('[T2] [T4] [P2] minutes and hours take panes that nobody closes by their revision', () => {
  const { panes } = made()
  const ours = new RollUpRig([judged], panes).foldTo()
  const spark = sparkRows(panes, judged)
  const theirs = new RollUpRig([judged], spark)
    .foldTo(Math.floor(spark.length / 2))
    .restart()
    .foldTo()

  assert.ok(ours.minutes.length > 15)
  assert.deepEqual(sorted(theirs.minutes), sorted(ours.minutes))
  assert.deepEqual(sorted(theirs.hours), sorted(ours.hours))
})

test('[A75] panes that nobody closes wait for their definition, as those that close do', () => {
  const before = monitor({ definition: '00000000000000bb', values: [] })
  const made = new Pipeline([judged], { live: true })
  made.push(0, [ROW, { ...ROW, ts: START + 500 }])
  const [first] = sparkRows(made.panes, judged)
  const pipeline = new Pipeline([before], { live: true })

  pipeline.feed(first!)
  assert.equal(pipeline.evaluator.groupCount, 0)
  pipeline.clock(START, [rulesCommand('judged', judged)])
  pipeline.feed({ key: utf8('x'), value: utf8('{"monitor":"m"}') })
  pipeline.beat(START + MINUTE)

  assert.equal(pipeline.evaluator.groupCount, 1)
  assert.equal(pipeline.windows.get(`all|m|["a"]|${START + 1000}`)?.values['count'], 2)
  assert.deepEqual(pipeline.evaluator.outcomes, { new: 1 })
})

test('[P1] a pane far off with strange states keeps none out that comes after it', () => {
  const made = new Pipeline([judged], { live: true })
  made.push(0, [ROW])
  made.beat(START + MINUTE)
  const [pane] = panesOf([[ROW]])
  const { key } = made.panes.find((record) => decodePane(record) !== undefined)!
  const json = sparkPane(pane!, judged)
  const pipeline = new Pipeline([judged], { live: true })

  const strange = { ...json, start: 946_684_800_000, states: { count: 'x' } }
  pipeline.feed({ key, value: utf8(JSON.stringify(strange)) })
  pipeline.feed({ key, value: utf8(JSON.stringify(json)) })

  assert.deepEqual(pipeline.evaluator.outcomes, { unreadable: 1, new: 1 })
})
