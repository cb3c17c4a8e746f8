import assert from 'node:assert/strict'
import { test } from 'node:test'

import { compileFieldPlan, wantedFieldsMax } from './field-plan.ts'

const BASE = [
  { name: 'ts', kind: 'number' },
  { name: 'stream', kind: 'text' },
  { name: 'p', kind: 'number' },
] as const

test('[F2] a plan stops behind its last wanted field, never where that is unknown', () => {
  const known = compileFieldPlan([...BASE, { name: 'retrans', kind: 'number' }])
  const unknown = compileFieldPlan([...BASE, { name: 'queue_depth', kind: 'number' }])

  assert.equal(known.ordered?.fields.at(-1), 3)
  assert.equal(unknown.ordered, undefined)
})

test('[D5] a plan holds ts, stream and p, each field once, and at most 512', () => {
  const many = Array.from({ length: wantedFieldsMax - 3 }, (_, i) => ({
    name: `x${i}`,
    kind: 'number' as const,
  }))

  assert.throws(() => compileFieldPlan(BASE.slice(1)))
  assert.throws(() => compileFieldPlan([...BASE, BASE[0]]))
  assert.equal(compileFieldPlan([...BASE, ...many]).fields.length, 512)
  assert.throws(() => compileFieldPlan([...BASE, ...many, { name: 'y', kind: 'number' }]))
})
