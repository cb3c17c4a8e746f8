import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Expression } from '../../model/expression.ts'
import type { MonitorSpec } from '../../model/monitor.ts'
import { thresholdsOf, namesByThreshold } from './threshold.ts'

const name = (of: string): Expression => ({ op: 'name', name: of })
const number = (value: number): Expression => ({ op: 'number', value })
const when: Expression = {
  op: '||',
  left: { op: '>', left: name('late_share'), right: number(0.1) },
  right: {
    op: '&&',
    left: { op: '>=', left: number(3), right: name('count') },
    right: { op: '>', left: name('kb'), right: { op: 'base', name: 'kb', spanMs: 1 } },
  },
}
const monitor: MonitorSpec = {
  id: 'm',
  definition: 'd',
  groupBy: [],
  scopes: ['all'],
  window: { sizeMs: 1, hopMs: 1, latenessMs: 0, emitMs: 0, correctionMs: 0 },
  aggregates: [
    { name: 'count', kind: 'count', digits: 0 },
    { name: 'kb', kind: 'sum', digits: 3 },
  ],
  values: [{ name: 'late_share', expression: name('count') }],
  rules: [
    {
      id: 'm/A',
      alert: 'A',
      monitor: 'm',
      levels: [{ severity: 'warning', when }],
      forMs: 0,
      clearForMs: 0,
      absentSeverity: 'info',
      empty: 'unknown',
      scopes: ['all'],
      early: false,
      freezeMaxMs: 0,
      instancesMax: 1,
      layer: 'client',
      labels: {},
      annotations: {},
    },
  ],
}

test('a rule’s constants are lines in a chart, whichever side they stand on', () => {
  assert.deepEqual(thresholdsOf(monitor), [
    { name: 'late_share', value: 0.1, op: '>', level: 'warning', alert: 'A' },
    { name: 'count', value: 3, op: '<=', level: 'warning', alert: 'A' },
  ])
})

test('what is judged comes first among a monitor’s values', () => {
  assert.deepEqual(namesByThreshold(monitor), ['late_share', 'count', 'kb'])
})
