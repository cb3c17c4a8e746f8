import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Step, Told } from '../../model/step.ts'
import { ReceiptWatch } from './receipt-watch.ts'

const AT = 1_795_383_160_000
const step = (id: string, receipt: Step['receipt'], name: Step['step'] = 'firing'): Step => ({
  v: 1,
  id,
  fingerprint: 'f',
  episode: 'f-1',
  seq: 1,
  kind: 'condition',
  step: name,
  alert: 'High',
  monitor: 'm',
  rule: 'm/High',
  labels: {},
  annotations: {},
  from: 'inactive',
  to: 'firing',
  level: 'critical',
  at: AT,
  reason: 'threshold',
  value: {},
  window: { end: AT, rev: 1, early: false },
  complete: true,
  corrected: false,
  active_at: AT,
  fired_at: AT,
  receipt,
})
const told = (of: string, sent: number, outcome: Told['outcome'] = 'sent'): Told => ({
  v: 1,
  kind: 'notice',
  of,
  fingerprint: 'f',
  receiver: 'noc',
  outcome,
  attempt: 1,
  sent,
  key: 'g-1',
  seq: 1,
})

function hopsOf(...records: readonly (Step | Told)[]): readonly string[] {
  const hops: string[] = []
  const watch = new ReceiptWatch((hop, seconds) => hops.push(`${hop} ${seconds}`))
  for (const record of records) watch.take(record)
  return hops
}

test('[A71] an alert tells each of its hops, and the last when a receiver has it', () => {
  const receipt = {
    event: AT - 900,
    appended: AT - 800,
    read: AT - 790,
    pane: AT - 780,
    closed: AT,
    fired: AT,
  }

  assert.deepEqual(hopsOf(step('a', receipt), told('a', AT + 250)), [
    'appended 0.1',
    'read 0.01',
    'pane 0.01',
    'closed 0.78',
    'fired 0',
    'noticed 0.25',
  ])
})

test('[A71] an early alert has no close, and what is not known is no hop', () => {
  const early = { event: AT, appended: AT + 5, read: AT + 6, pane: AT + 8, closed: null }
  const bare = { event: null, appended: null, read: null, pane: null, closed: null, fired: AT }

  assert.deepEqual(hopsOf(step('a', { ...early, fired: AT + 9 })), [
    'appended 0.005',
    'read 0.001',
    'pane 0.002',
    'fired 0.001',
  ])
  assert.deepEqual(hopsOf(step('a', bare)), [])
  assert.deepEqual(hopsOf(step('a', bare, 'resolved'), told('a', AT + 1)), [])
  assert.deepEqual(hopsOf(step('a', bare), told('a', AT + 1, 'refused'), told('b', AT)), [])
})
