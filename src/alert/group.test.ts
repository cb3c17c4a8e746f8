import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupHash, groupLabels } from './group.ts'

const labels = { alertname: 'x', cdn: 'c', site: 'lyon', stream: 'arena-1', severity: 'critical' }

test('[A63] the default group is the alert and the topology above the lowest label present', () => {
  assert.deepEqual(groupLabels(undefined, labels), { alertname: 'x', cdn: 'c', site: 'lyon' })
  assert.deepEqual(groupLabels(undefined, { alertname: 'x', stream: 'a' }), { alertname: 'x' })
  assert.deepEqual(groupLabels(undefined, { alertname: 'x' }), { alertname: 'x' })
})

test('[A63] a written group_by is taken as it is', () => {
  assert.deepEqual(groupLabels(['site', 'pop'], labels), { site: 'lyon' })
  assert.deepEqual(groupLabels([], labels), {})
  assert.deepEqual(groupLabels(['...'], labels), labels)
})

test('[A61] the name of a group depends on receiver and group labels, not on their order', () => {
  const name = groupHash('noc', { alertname: 'x', site: 'lyon' })

  assert.match(name, /^g[0-9a-f]{16}$/)
  assert.equal(groupHash('noc', { site: 'lyon', alertname: 'x' }), name)
  assert.notEqual(groupHash('ops', { alertname: 'x', site: 'lyon' }), name)
  assert.notEqual(groupHash('nocalertname', { x: 'site', lyon: '' }), name)
})
