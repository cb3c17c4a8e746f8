import assert from 'node:assert/strict'
import { test } from 'node:test'

import { utf8 } from '../std/bytes.ts'
import { decodeJson, shape } from './json-shape.ts'

test('a property is its own, never one of Object.prototype', () => {
  const named = shape.object<{ toString: string }>({ toString: shape.text })
  const free = shape.object<{ toString?: unknown }>({ toString: shape.optional(shape.text) })

  assert.equal(named({}), false)
  assert.equal(free({}), true)
})

test('a list, a map and an object are told apart, and null is none of them', () => {
  const anyValue = (value: unknown): value is unknown => value !== undefined
  const cases = [[], {}, null].map((value) => [
    shape.list(anyValue)(value),
    shape.map(anyValue)(value),
    shape.any(value),
  ])

  assert.deepEqual(cases, [
    [true, false, false],
    [false, true, true],
    [false, false, false],
  ])
})

test('bytes that are no UTF-8, no JSON or another shape are refused, each by its name', () => {
  const reasonOf = (bytes: Uint8Array) => decodeJson(bytes, shape.text)

  assert.deepEqual(reasonOf(Uint8Array.of(0x22, 0xff, 0x22)), { ok: false, reason: 'bytes' })
  assert.deepEqual(reasonOf(utf8('"a')), { ok: false, reason: 'json' })
  assert.deepEqual(reasonOf(utf8('1')), { ok: false, reason: 'shape' })
  assert.deepEqual(reasonOf(utf8('"a"')), { ok: true, value: 'a' })
})
