import assert from 'node:assert/strict'
import { test } from 'node:test'

import { utf8, utf8Text } from '../std/bytes.ts'
import {
  decodeLate,
  encodeLate,
  encodeRejected,
  type LateRecord,
  type RejectedRecord,
} from './rejected-codec.ts'

const late: LateRecord = {
  v: 1,
  at: 1_795_383_160_000,
  topic: 'readings',
  partition: 2,
  offset: 123,
  ts: 1_795_383_000_000,
  watermark: 1_795_383_159_000,
  monitors: ['tcp-retransmits'],
  row: '{"v":1,"ts":1795383000000,"stream":"arena-1"}',
}

const rejected: RejectedRecord = {
  v: 1,
  at: 1_795_383_160_000,
  source: 'file:access.ndjson',
  position: 'line 812',
  reason: 'ts_unit',
  bytes: 301,
  sample: 'eyJ0cyI6MX0=',
}

test('a rejected record is read back as it was written', () => {
  assert.deepEqual(JSON.parse(utf8Text(encodeRejected(rejected))), rejected)
})

test('a late record holds its row as an object, and as text where it is no JSON', () => {
  const broken = { ...late, row: '{"v":1,' }

  assert.match(utf8Text(encodeLate(late)), /"row":\{"v":1,"ts":1795383000000/)
  assert.deepEqual(decodeLate(encodeLate(late)), { ok: true, late })
  assert.deepEqual(decodeLate(encodeLate(broken)), { ok: true, late: broken })
  assert.deepEqual(decodeLate(utf8('{"v":1}')), { ok: false, reason: 'shape' })
})
