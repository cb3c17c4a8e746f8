import assert from 'node:assert/strict'
import { test } from 'node:test'
import { valueOf, type Appended, type TopicHistory } from './history.ts'
import { violationsIn } from './violations.ts'

const ok = (sequence: number, changes: Partial<Appended> = {}): Appended => ({
  writer: 'w',
  sequence,
  partition: 0,
  outcome: 'ok',
  ...changes,
})

const reading = (...rows: readonly (readonly [offset: number, sequence: number])[]) => ({
  reader: 'r',
  partition: 0,
  rows: rows.map(([offset, sequence]) => ({ offset, value: valueOf('w', sequence) })),
})

const strange = { reader: 'r', partition: 0, rows: [{ offset: 1, value: 'another:1' }] }
const APPENDS = [ok(0), ok(1), ok(2)]
const WHOLE = reading([0, 0], [1, 1], [2, 2])

test('[J1] [J2] [J3] [J4] [J5] [J6] a history in which all is well has no violation', () => {
  const failed = [ok(3, { outcome: 'failed' }), ok(4, { outcome: 'unknown' })]
  const again = { ...WHOLE, rows: [...WHOLE.rows, ...reading([3, 4], [4, 4]).rows] }

  const history = { appends: [...APPENDS, ...failed], readings: [WHOLE, again, reading([1, 1])] }

  assert.deepEqual(violationsIn(history), [])
})

const PLANTED: readonly { readonly rule: string; readonly history: TopicHistory }[] = [
  { rule: 'J1', history: { appends: [...APPENDS, ok(3)], readings: [WHOLE] } },
  { rule: 'J2', history: { appends: APPENDS, readings: [WHOLE, reading([7, 1])] } },
  { rule: 'J3', history: { appends: APPENDS, readings: [reading([0, 1], [1, 0], [2, 2])] } },
  { rule: 'J4', history: { appends: APPENDS, readings: [WHOLE, strange] } },
  { rule: 'J5', history: { appends: APPENDS, readings: [WHOLE, reading([2, 2], [1, 1])] } },
  { rule: 'J6', history: { appends: APPENDS, readings: [WHOLE, reading([0, 0], [2, 2])] } },
]

for (const { rule, history } of PLANTED) {
  test(`[${rule}] a planted violation is found, and nothing beside it`, () => {
    const found = violationsIn(history)

    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0]!, new RegExp(`^${rule} .* in partition 0$`))
  })
}
