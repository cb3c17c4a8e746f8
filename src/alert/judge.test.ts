import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RuleSpec, Severity } from '../model/monitor.ts'
import { compileRule } from './compile-rule.ts'
import { parseExpression } from './expression.ts'
import { advance, newInstance } from './instance.ts'
import { judge, type JudgedWindow, type Memory } from './judge.ts'

const slots = {
  numbers: new Map([
    ['x', 0],
    ['n', 1],
  ]),
  texts: new Map<string, number>(),
}

function parsed(source: string) {
  const names = { x: 'number', n: 'number' } as const
  const result = parseExpression(source, { kind: 'condition', names })
  assert.ok(result.ok)
  return result.expression
}

type Written = readonly (readonly [Severity, string, string?])[]
const levelsOf = (levels: Written) =>
  levels.map(([severity, when, clear]) => ({
    severity,
    when: parsed(when),
    ...(clear !== undefined && { clear: parsed(clear) }),
  }))

const THREE: Written = [
  ['info', 'x > 60', 'x < 50'],
  ['warning', 'x > 70', 'x < 60'],
  ['critical', 'x > 80', 'x < 70'],
]
const ONE: Written = [['warning', 'x > 60', 'x < 50']]

const ruleOf = (levels: Written, more: Partial<RuleSpec> = {}) => {
  const spec: RuleSpec = {
    id: 'm/a',
    alert: 'a',
    monitor: 'm',
    levels: levelsOf(levels),
    forMs: 0,
    clearForMs: 0,
    absentSeverity: 'critical',
    empty: 'unknown',
    scopes: ['site'],
    early: true,
    freezeMaxMs: 300_000,
    instancesMax: 10,
    layer: 'transport',
    labels: {},
    annotations: {},
    ...more,
  }
  return compileRule(spec, 1000, slots)
}

const none: Memory = { triggers: 0, gateHeld: false }
type Given = Partial<Omit<JudgedWindow, 'values'>> & { x?: number; n?: number }
const windowOf = ({ x = NaN, n = NaN, ...more }: Given = {}): JudgedWindow => ({
  end: 100_000,
  rev: 7,
  closed: true,
  complete: true,
  rows: 5,
  rowsAt: 100_000,
  texts: [],
  ...more,
  values: Float64Array.of(x, n),
})

test('[A14] numbers that are defined and give one that is not finite are an error', () => {
  assert.equal(
    judge(ruleOf([['info', 'x * 10 > 1']]), windowOf({ x: 1e308 }), none)?.result,
    'error',
  )
  const gated = ruleOf(ONE, { gate: parsed('x * 10 > 1') })
  assert.equal(judge(gated, windowOf({ x: 1e308 }), none)?.result, 'error')
})

test('[A15] an open window gives a breach where one breach opens, and otherwise no tick', () => {
  const open = { closed: false, x: 70, n: 3 }
  const tick = judge(ruleOf(ONE), windowOf(open), none)

  assert.deepEqual(tick, {
    end: 100_000,
    rev: 7,
    early: true,
    complete: true,
    result: 'breach',
    cause: 'threshold',
    triggers: 1,
    level: 'warning',
    data: 'same',
  })
  assert.equal(judge(ruleOf(ONE), windowOf({ closed: false, x: 55 }), none), undefined)
  assert.equal(judge(ruleOf(ONE), windowOf({ closed: false, x: 70, rows: 0 }), none), undefined)
  assert.equal(judge(ruleOf(ONE, { forMs: 1000 }), windowOf(open), none), undefined)
  assert.equal(judge(ruleOf(ONE, { early: false }), windowOf(open), none), undefined)
  assert.equal(judge(ruleOf(ONE, { of: { m: 2, n: 3 } }), windowOf(open), none), undefined)
  assert.equal(judge(ruleOf(ONE, { of: { m: 1, n: 3 } }), windowOf(open), none)?.early, true)
  assert.equal(judge(ruleOf(ONE, { gate: parsed('n >= 5') }), windowOf(open), none), undefined)
})

const verdicts: readonly (readonly [string, Given, Partial<RuleSpec>, string])[] = [
  ['a breach', { x: 61 }, {}, 'breach'],
  ['an ok', { x: 60 }, {}, 'ok'],
  ['no rows in a complete window', { rows: 0, rowsAt: 90_000 }, {}, 'none absent'],
  ['no rows in an incomplete window', { rows: 0, complete: false }, {}, 'none partial'],
  ['no rows read as zero', { rows: 0, x: 0 }, { empty: 'zero' }, 'ok'],
  [
    'no rows in an incomplete window read as zero',
    { rows: 0, x: 0, complete: false },
    { empty: 'zero' },
    'none partial',
  ],
  ['a gate that is false', { x: 61, n: 2 }, { gate: parsed('n >= 5') }, 'none few'],
  ['a gate that is undefined', { x: 61 }, { gate: parsed('n >= 5') }, 'none empty'],
  ['a gate that holds', { x: 61, n: 5 }, { gate: parsed('n >= 5') }, 'breach'],
  ['an undefined value', {}, {}, 'none empty'],
]

for (const [title, given, more, expected] of verdicts) {
  test(`[A16] ${title} is ${expected}`, () => {
    const tick = judge(ruleOf(ONE, more), windowOf(given), none)

    assert.equal([tick?.result, tick?.none].join(' ').trim(), expected)
  })
}

test('[A17] levels switch on and off by themselves, and the highest that is on is shown', () => {
  const rule = ruleOf(THREE)
  let state = newInstance('f')
  const shown = [61, 73, 64, 85, 62, 56, 47].map((x, i) => {
    const tick = judge(rule, windowOf({ x, end: i * 1000, rowsAt: i * 1000 }), state)
    assert.ok(tick)
    state = advance(rule, state, tick).state
    return tick.result === 'ok' ? 'O' : tick.level?.charAt(0)
  })

  assert.equal(shown.join(' '), 'i w w c w i O')
})

test('[A17] between clear and when nothing is decided', () => {
  assert.equal(judge(ruleOf(ONE), windowOf({ x: 55 }), { ...none, triggers: 1 })?.result, 'between')
  assert.equal(judge(ruleOf(ONE), windowOf({ x: 55 }), none)?.result, 'ok')
})

test('[A17] an incomplete window can confirm a breach, never its end', () => {
  const incomplete = (x: number, triggers: number) =>
    judge(ruleOf(THREE), windowOf({ x, complete: false }), { ...none, triggers })

  assert.deepEqual([incomplete(85, 0)?.result, incomplete(85, 0)?.triggers], ['breach', 7])
  assert.deepEqual([incomplete(62, 7)?.result, incomplete(62, 7)?.triggers], ['breach', 7])
  assert.deepEqual([incomplete(55, 1)?.none, incomplete(55, 1)?.triggers], ['partial', 1])
  assert.deepEqual([incomplete(10, 7)?.none, incomplete(10, 7)?.triggers], ['partial', 7])
})

test('[A17] a level that is off needs no clear; one that is on does', () => {
  const rule = ruleOf([['warning', 'x > 60', 'n < 5']])

  assert.equal(judge(rule, windowOf({ x: 10 }), none)?.result, 'ok')
  assert.equal(judge(rule, windowOf({ x: 10 }), { ...none, triggers: 1 })?.none, 'empty')
})

const silentFor = (ms: number, more: Given = {}) =>
  windowOf({ rows: 0, rowsAt: 100_000 - ms, ...more })

test('[A18] silence of absent_after in a complete window is a breach of its own level', () => {
  const rule = ruleOf([], { absentAfterMs: 15_000 })
  const tick = judge(rule, silentFor(15_000), none)

  assert.deepEqual(
    [tick?.result, tick?.cause, tick?.level, tick?.data],
    ['breach', 'absent', 'critical', 'nodata'],
  )
  assert.equal(tick?.none, undefined)
  assert.equal(judge(rule, silentFor(14_999), none)?.none, 'absent')
  assert.equal(judge(rule, silentFor(15_000, { complete: false }), none)?.none, 'partial')
  assert.equal(judge(rule, windowOf({ rows: 0, rowsAt: undefined }), none)?.none, 'absent')
  assert.equal(judge(rule, windowOf(), none)?.data, 'fresh')
  assert.equal(judge(ruleOf(ONE), silentFor(15_000), none)?.data, 'same')
})

test('[A18] the level of a silence is no lower than that which is on', () => {
  const rule = ruleOf(THREE, { absentAfterMs: 15_000, absentSeverity: 'warning' })

  assert.equal(judge(rule, silentFor(20_000), none)?.level, 'warning')
  assert.equal(judge(rule, silentFor(20_000), { ...none, triggers: 7 })?.level, 'critical')
})

test('[A18] silence is judged where the gate held in the last window that rows had reached', () => {
  const rule = ruleOf([], { absentAfterMs: 3000, gate: parsed('n >= 5') })
  const gateHeld = (given: Given) => judge(rule, windowOf(given), none)?.gateHeld

  assert.equal(judge(rule, silentFor(3000, { n: 0 }), none)?.none, 'absent')
  assert.equal(judge(rule, silentFor(3000, { n: 0 }), { ...none, gateHeld: true })?.cause, 'absent')
  assert.equal(gateHeld({ n: 5 }), true)
  assert.equal(gateHeld({ n: 4 }), false)
  assert.equal(gateHeld({ n: 4, rowsAt: 99_000 }), undefined)
  assert.equal(gateHeld({ n: 4, complete: false }), undefined)
})

test('[H5] what is undefined by an unknown past is unknown, and a breach is a breach', () => {
  const either = ruleOf([['info', 'x > 60 || n > 1']])
  const of = (window: Given) => judge(either, windowOf({ isPastUnknown: true, ...window }), none)

  assert.equal(of({ x: 1 })?.none, 'unknown')
  assert.equal(of({ x: 1, isPastUnknown: false })?.none, 'empty')
  assert.equal(of({ x: 61 })?.result, 'breach')
})
