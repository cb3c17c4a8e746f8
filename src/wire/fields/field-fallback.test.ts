import assert from 'node:assert/strict'
import { test } from 'node:test'

import { utf8 } from '../../std/bytes.ts'
import { readFieldsSlowly } from './field-fallback.ts'
import { compileFieldPlan } from './field-plan.ts'

const plan = compileFieldPlan([
  { name: 'ts', kind: 'number' },
  { name: 'stream', kind: 'text' },
  { name: 'p', kind: 'number' },
  { name: 'retrans', kind: 'number' },
  { name: 'rtt_ms', kind: 'number' },
])

const ROW = '"ts":1795383157516,"stream":"arena-1"'

test('[F3] the fallback makes a faulty field absent and refuses a row only as a whole', () => {
  const slow = (row: string) => readFieldsSlowly(plan, utf8(row))
  const read = slow(`{${ROW},"retrans":-1,"rtt_ms":-1,"x":{},"__proto__":{"p":0.5}}`)

  assert.deepEqual(read, {
    ok: true,
    masks: Int32Array.of(0b10011),
    numbers: [1_795_383_157_516, 0, 0, 0, -1],
    texts: [undefined, 'arena-1', undefined, undefined, undefined],
  })
  assert.deepEqual(slow('[]'), { ok: false, reason: 'shape' })
  assert.deepEqual(slow(`{${ROW},"p":2}`), { ok: false, reason: 'p' })
  assert.deepEqual(slow('{"ts":1795383157,"stream":"a"}'), { ok: false, reason: 'ts_unit' })
  assert.deepEqual(slow('{"ts":1795383157516}'), { ok: false, reason: 'stream' })
  assert.deepEqual(readFieldsSlowly(plan, Uint8Array.of(0x7b, 0xff)), {
    ok: false,
    reason: 'bytes',
  })
})

test('the fallback takes the last of two equal keys and an escaped one, as JSON.parse does', () => {
  const read = readFieldsSlowly(plan, utf8(`{${ROW},"retrans":1,"r\\u0065trans":2.5e1}`))

  assert.ok(read.ok)
  assert.equal(read.numbers[3], 25)
})
