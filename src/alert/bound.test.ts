import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RuleSpec } from '../model/monitor.ts'
import { compileRule } from './compile-rule.ts'
import { parseExpression } from './expression.ts'
import { judge, type JudgedWindow } from './judge.ts'

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

type Written = { when: string; clear?: string; gate?: string; bound?: 'lower' | 'upper' }
const ruleOf = ({ when, clear, gate, bound }: Written) => {
  const spec: RuleSpec = {
    id: 'm/a',
    alert: 'a',
    monitor: 'm',
    levels: [
      {
        severity: 'warning',
        when: parsed(when),
        ...(clear !== undefined && { clear: parsed(clear) }),
      },
    ],
    ...(gate !== undefined && { gate: parsed(gate) }),
    ...(bound !== undefined && { bound }),
    forMs: 0,
    clearForMs: 0,
    absentSeverity: 'critical',
    empty: 'unknown',
    scopes: ['site'],
    early: false,
    freezeMaxMs: 300_000,
    instancesMax: 10,
    layer: 'transport',
    labels: {},
    annotations: {},
  }
  return compileRule(spec, 1000, slots)
}

type Given = { x: number; n?: number; margins?: readonly [number, number]; on?: boolean }
/** What a rule says of a window, where its level was on before or not. */
function verdict(written: Written, { x, n = 0, margins, on = false }: Given) {
  const window: JudgedWindow = {
    end: 100_000,
    rev: 7,
    closed: true,
    complete: true,
    rows: 5,
    rowsAt: 100_000,
    texts: [],
    values: Float64Array.of(x, n),
    ...(margins !== undefined && { margins: Float64Array.from(margins) }),
  }
  const tick = judge(ruleOf(written), window, { triggers: on ? 1 : 0, gateHeld: false })
  return tick?.none ?? tick?.result
}

const ABOVE = { when: 'x > 400', clear: 'x < 150' } as const
const BELOW = { when: 'x < 400', clear: 'x > 600' } as const

/** `on`: whether the level was on before this window. */
const CASES = [
  ['a breach that the sample proves', ABOVE, 'lower', { x: 450, margin: 40 }, 'breach'],
  ['a breach that it does not prove', ABOVE, 'lower', { x: 450, margin: 60 }, 'ok'],
  ['a breach that may be', ABOVE, 'upper', { x: 380, margin: 30 }, 'breach'],
  ['a fall that the sample proves', BELOW, 'upper', { x: 350, margin: 40 }, 'breach'],
  ['a fall that it does not prove', BELOW, 'upper', { x: 350, margin: 60 }, 'ok'],
  ['an end that it proves', ABOVE, 'lower', { x: 100, margin: 40, on: true }, 'ok'],
  ['an end that it does not prove', ABOVE, 'lower', { x: 100, margin: 60, on: true }, 'between'],
  ['the end of what may be', ABOVE, 'upper', { x: 100, margin: 60, on: true }, 'between'],
  ['the end of a fall, proven', BELOW, 'upper', { x: 700, margin: 90, on: true }, 'ok'],
  ['the end of a fall, not proven', BELOW, 'upper', { x: 700, margin: 110, on: true }, 'between'],
] as const

for (const [title, rule, bound, { x, margin, ...more }, expected] of CASES) {
  test(`[S6] with bound ${bound}, ${title} is ${expected}`, () => {
    assert.equal(verdict({ ...rule, bound }, { x, margins: [margin, 0], ...more }), expected)
  })
}

test('[S6] a rule without clear is over when its breach is refuted, not when unproven', () => {
  const rule = { when: 'x > 400', bound: 'lower' } as const
  const given = { margins: [50, 0], on: true } as const

  assert.equal(verdict(rule, { x: 430, ...given }), 'between')
  assert.equal(verdict(rule, { x: 340, ...given }), 'ok')
})

test('[S6] a smaller sample opens and closes nothing', () => {
  for (const margin of [0, 100, 1000, 100_000]) {
    const [lower, upper] = [
      { ...ABOVE, bound: 'lower' },
      { ...BELOW, bound: 'upper' },
    ] as const
    const given = { margins: [margin, 0] } as const

    assert.notEqual(verdict(lower, { x: 390, ...given }), 'breach')
    assert.notEqual(verdict(upper, { x: 410, ...given }), 'breach')
    assert.notEqual(verdict(lower, { x: 160, on: true, ...given }), 'ok')
    assert.notEqual(verdict(upper, { x: 590, on: true, ...given }), 'ok')
  }
})

test('[S6] the gate reads the estimate', () => {
  const rule = { ...ABOVE, gate: 'n >= 30', bound: 'lower' } as const

  assert.equal(verdict(rule, { x: 900, n: 30, margins: [1, 25] }), 'breach')
  assert.equal(verdict(rule, { x: 900, n: 29, margins: [1, 25] }), 'few')
})

test('[S6] an unknown error makes a value undefined, but only to a rule with a bound', () => {
  const margins = [NaN, 0] as const

  assert.equal(verdict({ ...ABOVE, bound: 'lower' }, { x: 900, margins }), 'empty')
  assert.equal(verdict(ABOVE, { x: 900, margins }), 'breach')
})

test('[S6] what is exact is read as it is', () => {
  for (const bound of ['lower', 'upper'] as const) {
    assert.equal(verdict({ ...ABOVE, bound }, { x: 401 }), 'breach')
    assert.equal(verdict({ ...ABOVE, bound }, { x: 149, on: true }), 'ok')
  }
})

test('[S6] when and clear that exclude each other still do', () => {
  const number = fc.integer({ min: -9, max: 9 })
  const rules = [
    { when: 'x > 3', clear: 'x < 1' },
    { when: 'x > 3 || n > 3', clear: 'x < 1 && n < 1' },
    { when: 'x < 1 && n > 3', clear: 'x > 1 || n < 3' },
    { when: 'x * n > 3', clear: 'x * n < 1' },
  ]
  const given = { x: number, n: number, margins: fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 })) }
  fc.assert(
    fc.property(
      fc.constantFrom(...rules),
      fc.constantFrom('lower', 'upper'),
      fc.record(given),
      (rule, bound, window) => {
        const opens = verdict({ ...rule, bound }, window)
        const closes = verdict(
          { when: 'x > 99', clear: rule.clear, bound },
          { ...window, on: true },
        )

        assert.ok(opens !== 'breach' || closes !== 'ok')
      },
    ),
    { seed: 6 },
  )
})
