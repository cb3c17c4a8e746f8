import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from './metrics.ts'

test('two apps of one process share no counter', async () => {
  const [one, other] = [createMetrics(), createMetrics()]

  one.rows.inc({ outcome: 'late' }, 3)

  const line = 'nocturne_rows_total{outcome="late"} 3'
  assert.ok((await one.registry.metrics()).split('\n').includes(line))
  assert.ok(!(await other.registry.metrics()).split('\n').includes(line))
})

test('every metric is ours by name and says what it counts', async () => {
  const all = await createMetrics().registry.getMetricsAsJSON()

  for (const { name, help } of all) {
    assert.match(name, /^nocturne_/)
    assert.notEqual(help, '')
  }
})
