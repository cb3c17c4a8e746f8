import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Condition } from '../model/step.ts'
import { machine, type Verdict } from './machine.ts'

/** One line a rule: from, verdicts, to, step, reason. */
const table: readonly (readonly [string, Condition, string, Condition, string, string])[] = [
  ['A19', 'inactive', 'held', 'firing', 'firing', 'cause'],
  ['A20', 'inactive', 'breach', 'pending', 'pending', 'cause'],
  ['A21', 'inactive', 'between ok clear unknown lost', 'inactive', '', ''],
  ['A22', 'pending', 'held', 'firing', 'firing', 'cause'],
  ['A23', 'pending', 'breach', 'pending', '', ''],
  ['A24', 'pending', 'between ok clear', 'inactive', 'dropped', 'not_held'],
  ['A26', 'pending', 'lost', 'inactive', 'dropped', 'unknown_too_long'],
  ['A27', 'pending', 'unknown', 'pending', '', ''],
  ['A28', 'firing', 'breach held between', 'firing', 'change', ''],
  ['A29', 'firing', 'clear', 'inactive', 'resolved', 'ok'],
  ['A30', 'firing', 'ok', 'recovering', 'recovering', 'ok'],
  ['A31', 'firing', 'unknown lost', 'firing', '', ''],
  ['A32', 'recovering', 'breach held between', 'firing', 'refiring', 'cause'],
  ['A33', 'recovering', 'clear', 'inactive', 'resolved', 'ok'],
  ['A34', 'recovering', 'ok', 'recovering', '', ''],
  ['A35', 'recovering', 'lost', 'firing', 'refiring', 'unknown_too_long'],
  ['A36', 'recovering', 'unknown', 'recovering', '', ''],
  ['A37', 'inactive', 'ended', 'inactive', '', ''],
  ['A37', 'pending', 'ended', 'inactive', 'dropped', 'rule_removed'],
  ['A37', 'firing', 'ended', 'inactive', 'resolved', 'rule_removed'],
  ['A37', 'recovering', 'ended', 'inactive', 'resolved', 'rule_removed'],
]

const isVerdict = (word: string): word is Verdict => Object.hasOwn(machine.inactive, word)

for (const [rule, from, verdicts, to, step, reason] of table) {
  test(`[${rule}] ${from} on ${verdicts} goes to ${to}`, () => {
    for (const verdict of verdicts.split(' ')) {
      assert.ok(isVerdict(verdict))
      const cell = machine[from][verdict]

      assert.deepEqual(
        [cell.rule, cell.to, cell.step ?? '', cell.reason ?? ''],
        [rule, to, step, reason],
      )
    }
  })
}

test('the machine has 32 cells and the documented rows name each of them once', () => {
  const cells = Object.values(machine).flatMap((row) => Object.values(row))

  assert.equal(cells.length, 32)
  assert.equal(table.flatMap(([, , verdicts]) => verdicts.split(' ')).length, 32)
})

test('[A2] an unknown verdict never leads from an open condition to INACTIVE', () => {
  for (const from of ['firing', 'recovering'] as const) {
    assert.notEqual(machine[from].unknown.to, 'inactive')
    assert.notEqual(machine[from].lost.to, 'inactive')
  }
})
