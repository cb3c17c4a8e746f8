import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AggregateSpec, MonitorSpec } from '../model/monitor.ts'
import { wantedFields } from './wanted-fields.ts'

const monitor = (aggregates: readonly AggregateSpec[]): MonitorSpec => ({
  id: 'm',
  definition: '0',
  groupBy: ['stream', 'pop'],
  window: { sizeMs: 1000, hopMs: 1000, latenessMs: 0, emitMs: 1000, correctionMs: 0 },
  aggregates,
  values: [],
  rules: [],
  scopes: ['all'],
})

test('a dimension that is counted or told apart is read as text, a measure as number', () => {
  const wanted = wantedFields([
    monitor([
      { name: 'a', kind: 'count', field: 'session', digits: 0 },
      { name: 'b', kind: 'count', field: 'stalls', digits: 0 },
      { name: 'c', kind: 'distinct', field: 'session', digits: 0 },
      { name: 'd', kind: 'sum', field: 'stalls', digits: 0 },
    ]),
  ])

  const added = wanted.filter(({ name }) => ['pop', 'session', 'stalls'].includes(name))
  assert.deepEqual(added, [
    { name: 'session', kind: 'text' },
    { name: 'pop', kind: 'text' },
    { name: 'stalls', kind: 'number' },
  ])
  assert.equal(new Set(wanted.map(({ name }) => name)).size, wanted.length)
})
