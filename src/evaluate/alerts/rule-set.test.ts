import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRule } from '../../alert/compile-rule.ts'
import { parseExpression } from '../../alert/expression.ts'
import type { RuleSpec } from '../../model/monitor.ts'
import { RuleSet } from './rule-set.ts'

const slots = {
  numbers: new Map([['x', 0]]),
  texts: new Map([
    ['stream', 0],
    ['pop', 1],
  ]),
}
const names = { x: 'number', stream: 'text', pop: 'text' } as const
const GROUP_BY = ['stream', 'pop']

function parsed(source: string) {
  const result = parseExpression(source, { kind: 'condition', names })
  assert.ok(result.ok)
  return result.expression
}

type Written = {
  readonly when?: string
  readonly gate?: string
  readonly absentAfterMs?: number
  readonly empty?: RuleSpec['empty']
}

const compiled = (alert: string, { when, gate, absentAfterMs, empty = 'unknown' }: Written) => {
  const spec: RuleSpec = {
    id: `m/${alert}`,
    alert,
    monitor: 'm',
    levels: when === undefined ? [] : [{ severity: 'warning', when: parsed(when) }],
    ...(gate === undefined ? {} : { gate: parsed(gate) }),
    ...(absentAfterMs === undefined ? {} : { absentAfterMs }),
    empty,
    forMs: 0,
    clearForMs: 0,
    absentSeverity: 'critical',
    scopes: ['all'],
    early: false,
    freezeMaxMs: 300_000,
    instancesMax: 10,
    layer: 'transport',
    labels: {},
    annotations: {},
  }
  return compileRule(spec, 1000, slots)
}

const rules = [
  compiled('everywhere', { when: 'x > 1' }),
  compiled('one-stream', { when: 'stream == "a" && x > 1' }),
  compiled('one-pop', { when: 'x > 1 && "p2" == pop' }),
  compiled('by-gate', { when: 'x > 1', gate: 'stream == "b"', absentAfterMs: 5000 }),
  compiled('or', { when: 'stream == "a" || x > 1' }),
  compiled('silence', { when: 'stream == "a" && x > 1', absentAfterMs: 5000 }),
  compiled('zero', { when: 'stream == "a" && x < 1', empty: 'zero' }),
]
const set = new RuleSet(rules, GROUP_BY)
const alertsOf = (stream: string | null, pop: string | null) =>
  set.of([stream, pop]).rules.map(({ spec }) => spec.alert)

test('a rule for one stream is found by its name, in the order of the file', () => {
  const general = ['everywhere', 'or', 'silence', 'zero']

  assert.deepEqual(alertsOf('c', 'p1'), general)
  assert.deepEqual(alertsOf('a', 'p1'), ['everywhere', 'one-stream', 'or', 'silence', 'zero'])
  assert.deepEqual(alertsOf('b', 'p2'), [
    'everywhere',
    'one-pop',
    'by-gate',
    'or',
    'silence',
    'zero',
  ])
  assert.deepEqual(alertsOf(null, null), general)
})

test('groups without rules of their own share one list', () => {
  assert.equal(set.of(['c', 'p1']), set.of(['d', null]))
})
