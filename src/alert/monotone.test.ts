import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AggregateSpec } from '../model/monitor.ts'
import { parseExpression } from './expression.ts'
import { monotony } from './monotone.ts'

const aggregates: readonly AggregateSpec[] = [
  { name: 'retrans', kind: 'sum', field: 'retrans', digits: 0 },
  { name: 'drift', kind: 'sum', field: 'drift', digits: 3 },
  { name: 'n', kind: 'count', digits: 0 },
  { name: 'top', kind: 'max', field: 'drift', digits: 3 },
  { name: 'low', kind: 'min', field: 'retrans', digits: 0 },
  { name: 'conns', kind: 'distinct', field: 'conn', digits: 0 },
]
const names = Object.fromEntries([
  ...aggregates.map(({ name }) => [name, 'number'] as const),
  ['ratio', 'number'] as const,
])

function parsed(source: string) {
  const result = parseExpression(source, { kind: 'condition', names })
  assert.ok(result.ok)
  return result.expression
}
function said(when: string, gate?: string): string {
  const levels = [{ severity: 'critical' as const, when: parsed(when) }]
  const rule = { levels, ...(gate !== undefined && { gate: parsed(gate) }) }
  const answer = monotony(rule, { aggregates, neverNegative: new Set(['retrans']) })
  return answer.monotone ? 'monotone' : answer.because
}

test('[V3] thresholds on counts, maxima and sums that never shrink can be tried early', () => {
  assert.equal(said('retrans > 400'), 'monotone')
  assert.equal(said('n >= 3 && 2.5 < top && 1 <= retrans'), 'monotone')
  assert.equal(said('retrans > 400', 'n >= 30 && conns >= 5'), 'monotone')
})

test('[V3] a rule that can become untrue as rows are added waits for the close', () => {
  const when = 'when of critical can become untrue as rows are added'
  for (const source of [
    'retrans < 400',
    'drift > 1',
    'low > 1',
    'ratio > 0.1',
    'n == 3',
    '!(n < 3)',
    'n > 1 || n > 2',
    'n + 1 > 2',
    'conns > 5',
    'true',
  ]) {
    assert.equal(said(source), when, source)
  }
  assert.equal(said('n > 1', 'conns >= 257'), 'gate can become untrue as rows are added')
  assert.deepEqual(monotony({ levels: [] }, { aggregates, neverNegative: new Set() }), {
    monotone: false,
    because: 'it judges silence alone',
  })
})
