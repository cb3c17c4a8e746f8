import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Step, Told } from '../model/step.ts'
import { utf8, utf8Text } from '../std/bytes.ts'
import { decodeTransition, encodeTransition, transitionKey } from './step-codec.ts'

const step: Step = {
  v: 1,
  id: 'ad40c6e91ecec5d7-1795383160000-1',
  fingerprint: 'ad40c6e91ecec5d7',
  episode: 'ad40c6e91ecec5d7-1795383160000',
  seq: 1,
  kind: 'condition',
  step: 'firing',
  alert: 'RetransmitsHigh',
  monitor: 'tcp-retransmits',
  rule: 'tcp-retransmits/RetransmitsHigh',
  labels: { alertname: 'RetransmitsHigh', stream: 'arena-1' },
  annotations: { summary: '402 retransmits' },
  from: 'inactive',
  to: 'firing',
  level: 'critical',
  at: 1_795_383_160_000,
  reason: 'threshold',
  value: { retrans: 402 },
  window: { end: 1_795_383_160_000, rev: 1_630_208, early: true },
  complete: true,
  corrected: false,
  active_at: 1_795_383_160_000,
  fired_at: null,
  receipt: { event: 1, appended: 1, read: 2, pane: 3, closed: null, fired: 4 },
}

const told: Told = {
  v: 1,
  kind: 'notice',
  of: step.id,
  fingerprint: step.fingerprint,
  receiver: 'noc-webhook',
  outcome: 'sent',
  attempt: 1,
  sent: 1_795_383_160_019,
  key: 'g0000000000000001-1795383160000',
  seq: 1,
}

test('a step and what was told of it are read back, both under the fingerprint', () => {
  for (const record of [step, { ...step, window: null, by: 'maria', until: null }, told]) {
    assert.deepEqual(decodeTransition(encodeTransition(record)), { ok: true, record })
    assert.equal(utf8Text(transitionKey(record)), 'ad40c6e91ecec5d7')
  }
})

test('a record of transitions with an unknown word or a missing property is refused', () => {
  for (const record of [
    { ...step, to: 'burning' },
    { ...step, receipt: { ...step.receipt, fired: '4' } },
    { ...told, outcome: 'lost' },
    { ...told, fingerprint: undefined },
  ]) {
    const bytes = utf8(JSON.stringify(record))

    assert.deepEqual(decodeTransition(bytes), { ok: false, reason: 'shape' })
  }
})
