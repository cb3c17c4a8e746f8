import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { AggregateSpec } from '../../model/monitor.ts'
import { ByteReader, utf8 } from '../../std/bytes.ts'
import { decodePanesRecord } from '../pane-codec.ts'

const json = (value: object) => ({ value: utf8(JSON.stringify(value)) })

const aggregates: readonly AggregateSpec[] = [
  { name: 'rows', kind: 'count', digits: 0 },
  { name: 'wait_ms', kind: 'sum', field: 'ttfb_ms', digits: 3 },
  { name: 'worst', kind: 'max', field: 'rtt_ms', digits: 3 },
]

const jsonPane = {
  v: 1,
  monitor: 'm',
  definition: '00000000000000ff',
  group: ['arena-1', null],
  site: 'ams1',
  partition: 2,
  start: 1_795_383_150_000,
  length: 1000,
  rev: 412,
  closed: true,
  late: 3,
  states: { rows: 412, wait_ms: 1.23 },
  event_max: 1_795_383_150_996,
  read_at: 1_795_383_151_004,
}

test('a JSON pane is read by the aggregates of its monitor, a state that lacks being zero', () => {
  const record = decodePanesRecord(json(jsonPane), () => aggregates)

  assert.equal(record.kind, 'pane')
  assert.ok(record.kind === 'pane')
  assert.deepEqual(record.pane.group, ['arena-1', null])
  assert.equal(record.pane.rev, 412)
  const [rows, wait, worst] = record.pane.states
  assert.equal(new ByteReader(rows!.payload).svarint(), 412)
  assert.equal(new ByteReader(wait!.payload, 1).svarint(), 1230)
  assert.deepEqual(worst, { kind: 4, version: 1, payload: new Uint8Array(0) })
})

test('a JSON pane of an unknown definition or another shape is rejected', () => {
  const strange = [jsonPane, { ...jsonPane, length: 0 }, { ...jsonPane, states: { rows: 0.5e99 } }]

  assert.deepEqual(decodePanesRecord(json(jsonPane), () => undefined).kind, 'rejected')
  assert.deepEqual(decodePanesRecord(json(strange[1]!), () => aggregates).kind, 'rejected')
  for (const start of [0, -1, 1_795_383_150, 4_102_444_800_000, 2 ** 53]) {
    const record = decodePanesRecord(json({ ...jsonPane, start }), () => aggregates)
    assert.equal(record.kind, 'rejected', `${start}`)
  }
  assert.deepEqual(decodePanesRecord(json(strange[2]!), () => aggregates).kind, 'rejected')
  assert.deepEqual(decodePanesRecord(json(strange[0]!)).kind, 'rejected')
})

test('a JSON pane that does not say when its newest row was appended has it read at once', () => {
  const appended_max = jsonPane.read_at - 7
  const said = decodePanesRecord(json({ ...jsonPane, appended_max }), () => aggregates)
  const unsaid = decodePanesRecord(json(jsonPane), () => aggregates)

  assert.equal(said.kind === 'pane' && said.pane.appendedMax, appended_max)
  assert.equal(unsaid.kind === 'pane' && unsaid.pane.appendedMax, jsonPane.read_at)
})

const noError: readonly (number | null)[] = Array.from({ length: 64 }, () => null)

test('[S2] a JSON pane of a sample has the errors of its totals as lists of 64 sums', () => {
  const states = {
    ...jsonPane.states,
    'rows.e': noError.with(0, 5).with(31, -3).with(32, 1).with(63, -100),
    'wait_ms.e': noError,
    'worst.e': 'ignored',
  }

  const record = decodePanesRecord(json({ ...jsonPane, sampled: true, states }), () => aggregates)

  assert.ok(record.kind === 'pane')
  assert.deepEqual(
    record.pane.states.map(({ version, payload }) => [version, payload.toHex()]),
    [
      [2, 'b806' + '8000000180000001' + '0a' + '05' + '02' + 'c701'],
      [2, '03' + '9c13' + '0000000000000000'],
      [1, ''],
    ],
  )
})

const STRANGE = [
  { says: 'a list of 63', error: noError.slice(1) },
  { says: 'a broken number', error: noError.with(3, 0.5) },
  { says: 'no list', error: 7 },
]

for (const { says, error } of STRANGE) {
  test(`[S2] a JSON pane with ${says} for an error is rejected`, () => {
    const states = { ...jsonPane.states, 'rows.e': error }

    const record = decodePanesRecord(json({ ...jsonPane, states }), () => aggregates)

    assert.equal(record.kind, 'rejected')
  })
}

test('[P2] a JSON pane may say that nobody closes it, and that late rows were not counted', () => {
  const { late: _late, ...uncounted } = jsonPane

  const record = decodePanesRecord(json({ ...uncounted, closed: null }), () => aggregates)

  assert.ok(record.kind === 'pane')
  const { closed, endless, late } = record.pane
  assert.deepEqual({ closed, endless, late }, { closed: false, endless: true, late: 0 })
})

const SUMS = [
  { says: '2^53 − 1', states: { rows: 2 ** 53 - 1 }, inexact: false },
  { says: '2^53', states: { rows: 2 ** 53 }, inexact: true },
  { says: 'the greatest long', states: { rows: 2 ** 63 }, inexact: true },
  { says: '2^51 thousandths', states: { wait_ms: 2 ** 51 / 1000 }, inexact: false },
  { says: '2^52 thousandths', states: { wait_ms: 2 ** 52 / 1000 }, inexact: true },
]

for (const { says, states, inexact } of SUMS) {
  test(`[P3] a JSON pane with a sum of ${says} is ${inexact ? 'flagged' : 'exact'}`, () => {
    const record = decodePanesRecord(json({ ...jsonPane, states }), () => aggregates)

    assert.ok(record.kind === 'pane')
    assert.equal(record.pane.inexact, inexact)
  })
}

const sketches: readonly AggregateSpec[] = [
  { name: 'p95', kind: 'quantile', field: 'rtt_ms', digits: 3, q: 0.95 },
  { name: 'sessions', kind: 'distinct', field: 'session', digits: 0 },
]

test('[Z9] [Z10] sketches that lack have seen nothing, and buckets come in any order', () => {
  const states = [
    {},
    {
      p95: [
        [7, 1],
        [-1, 2],
        [-9, 3],
      ],
      sessions: {},
    },
  ]
  const payloads = states.map((each) => {
    const record = decodePanesRecord(json({ ...jsonPane, states: each }), () => sketches)
    assert.ok(record.kind === 'pane')
    return record.pane.states.map(({ kind, payload }) => [kind, payload.toHex()])
  })

  assert.deepEqual(payloads[0], [
    [6, '00'],
    [7, '00'],
  ])
  assert.deepEqual(payloads[1], [
    [6, '03' + '1103' + '1002' + '1001'],
    [7, '00'],
  ])
})

/** A sketch of one value. */
const LIST = 'AgEHDAMAAQhaoYgGAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=='

const ODD_SKETCHES = [
  {
    says: 'a bucket twice',
    p95: [
      [7, 1],
      [7, 2],
    ],
  },
  { says: 'a bucket of no values', p95: [[7, 0]] },
  { says: 'a bucket that no value falls into', p95: [[2184, 1]] },
  { says: 'a broken bucket', p95: [[0.5, 1]] },
  { says: 'no pairs', p95: [7, 1] },
  { says: 'no base64', sessions: { 1: '%' } },
  { says: 'no sketch', sessions: { 1: 'AAAA' } },
  { says: 'a weight below 1', sessions: { 0.5: LIST } },
  { says: 'a weight that is none', sessions: { much: LIST } },
  { says: 'a weight twice', sessions: { 1: LIST, '1.0': LIST } },
]

for (const { says, ...states } of ODD_SKETCHES) {
  test(`[Z9] [Z10] a JSON pane whose sketch has ${says} is rejected`, () => {
    const record = decodePanesRecord(json({ ...jsonPane, states }), () => sketches)

    assert.deepEqual(record, { kind: 'rejected', reason: 'shape' })
  })
}

test('[Z11] sums are read as units, and the error of a sample as a tuple sketch', () => {
  const states = {
    rows: 412,
    'rows.e': 'AQMJAQAKzJPla2HuyIBEIAAAAAAAwGdAAA==',
    'wait_ms.units': 9_007_199_254_740_991,
    'wait_ms.e': '',
  }

  const record = decodePanesRecord(json({ ...jsonPane, sampled: true, states }), () => aggregates)

  assert.ok(record.kind === 'pane')
  const [rows, wait] = record.pane.states
  assert.equal(rows!.version, 2)
  assert.equal(rows!.payload.toHex(), 'b806' + '0000000000000001' + 'fc02')
  assert.equal(new ByteReader(wait!.payload, 1).svarint(), 9_007_199_254_740_991)
  assert.equal(record.pane.inexact, false)
})
