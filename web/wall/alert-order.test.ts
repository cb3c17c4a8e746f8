import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlertView } from '../../src/serve/contract.ts'
import { inOrder } from './alert-order.ts'

const alertOf = (episode: string, over: Partial<AlertView>): AlertView => ({
  episode,
  fingerprint: episode,
  seq: 1,
  alert: 'A',
  monitor: 'm',
  title: 'A',
  condition: 'firing',
  level: 'warning',
  cause: 'threshold',
  data: 'fresh',
  stream: 's',
  scope: 'all',
  labels: {},
  annotations: {},
  value: {},
  active_at: 1,
  fired_at: 1,
  changed_at: 1,
  complete: true,
  corrected: false,
  ack: null,
  told: [],
  simulated: false,
  ...over,
})

test('[U1] worst first: severity, unacked before acked, viewers, newest', () => {
  const ack = { by: 'x', at: 1, until: null, comment: '' }
  const expected = [
    alertOf('a', { level: 'critical' }),
    alertOf('b', { level: 'critical', ack }),
    alertOf('c', { value: { viewers: 900 } }),
    alertOf('d', { value: { viewers: 3 } }),
    alertOf('e', { fired_at: 9 }),
    alertOf('f', {}),
    alertOf('g', { level: 'critical', condition: 'pending' }),
  ]

  const order = inOrder(expected.toReversed()).map(({ episode }) => episode)

  assert.deepEqual(order, ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
})
