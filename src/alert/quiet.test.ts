import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RuleSpec } from '../model/monitor.ts'
import { compileRule } from './compile-rule.ts'
import { parseExpression } from './expression.ts'
import { advance, newInstance } from './instance.ts'
import { isQuiet, judge, type JudgedWindow } from './judge.ts'

const slots = {
  numbers: new Map([
    ['x', 0],
    ['n', 1],
  ]),
  texts: new Map([['stream', 0]]),
}
const names = { x: 'number', n: 'number', stream: 'text' } as const

function parsed(source: string) {
  const result = parseExpression(source, { kind: 'condition', names })
  assert.ok(result.ok)
  return result.expression
}

const whens = ['x > 60', 'x < 10', 'x + n > 60', 'x * 1e308 > 1', 'stream == "a" && x > 1']
const clears = [undefined, 'x < 50', 'x * 1e308 < 1', 'n < 3']
const gates = [undefined, 'n >= 5', 'n * 1e308 > 1', 'stream == "a"']

const anyRule = fc.record({
  when: fc.option(fc.constantFrom(...whens), { nil: undefined }),
  clear: fc.constantFrom(...clears),
  gate: fc.constantFrom(...gates),
  absentAfterMs: fc.constantFrom(undefined, 3000),
  empty: fc.constantFrom('unknown' as const, 'zero' as const),
  forMs: fc.constantFrom(0, 2000),
})

const number = fc.oneof(fc.constantFrom(NaN, 0, 5, 61, 1e308), fc.integer({ min: 0, max: 100 }))
const anyWindow = fc.record({
  x: number,
  n: number,
  rows: fc.nat(3),
  complete: fc.boolean(),
  rowsAt: fc.constantFrom(undefined, 100_000, 99_500, 96_000),
  stream: fc.constantFrom('a', 'b', undefined),
})

test('[A21] a quiet window leaves an idle instance as it is, whatever the rule', () => {
  let quiet = 0
  let loud = 0
  fc.assert(
    fc.property(anyRule, anyWindow, fc.boolean(), (given, made, gateHeld) => {
      const { when, clear, gate, absentAfterMs, ...more } = given
      const level = when && {
        severity: 'warning' as const,
        when: parsed(when),
        ...(clear === undefined ? {} : { clear: parsed(clear) }),
      }
      const spec: RuleSpec = {
        id: 'm/a',
        alert: 'a',
        monitor: 'm',
        levels: level ? [level] : [],
        ...(gate === undefined ? {} : { gate: parsed(gate) }),
        ...(absentAfterMs === undefined ? {} : { absentAfterMs }),
        clearForMs: 0,
        absentSeverity: 'critical',
        scopes: ['all'],
        early: false,
        freezeMaxMs: 300_000,
        instancesMax: 10,
        layer: 'transport',
        labels: {},
        annotations: {},
        ...more,
      }
      const rule = compileRule(spec, 1000, slots)
      const { x, n, stream, ...rest } = made
      const window: JudgedWindow = {
        end: 100_000,
        rev: 7,
        closed: true,
        ...rest,
        values: Float64Array.of(x, n),
        texts: [stream],
      }
      const before = { ...newInstance('f'), bornAt: 90_000, gateHeld }

      const isStill = isQuiet(rule, window, before)

      const tick = judge(rule, window, before)
      assert.ok(tick !== undefined)
      const { state, drafts } = advance(rule, before, tick)
      const isSame =
        drafts.length === 0 &&
        JSON.stringify({ ...state, end: null }) === JSON.stringify({ ...before, end: null })
      if (isStill) assert.ok(isSame)
      if (isStill) quiet++
      else if (!isSame) loud++
    }),
    { numRuns: 5000 },
  )
  assert.ok(quiet > 1000 && loud > 500, `${quiet} quiet, ${loud} loud`)
})
