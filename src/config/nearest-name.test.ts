import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearestName } from './nearest-name.ts'

const KNOWN = ['lateness', 'correction', 'size', 'hop', 'group_by', 'where']

const CASES = [
  ['latness', 'lateness'],
  ['szie', 'size'],
  ['groupby', 'group_by'],
  ['Where', 'where'],
  ['entirely_other', undefined],
] as const

for (const [wrong, meant] of CASES) {
  test(`[R6] ${wrong} is taken for ${meant ?? 'nothing known'}`, () => {
    assert.equal(nearestName(wrong, KNOWN), meant)
  })
}
