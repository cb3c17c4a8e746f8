import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { AggregateSpec } from '../model/monitor.ts'
import { ByteReader, utf8 } from '../std/bytes.ts'
import { decodePanesRecord } from './pane-codec.ts'

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
