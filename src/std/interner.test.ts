import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'

import { utf8 } from './bytes.ts'
import { Interner } from './interner.ts'

test('byte strings are numbered from 0 by first sight, and equal ones share a number', () => {
  const interner = new Interner(10)
  const bytes = utf8('arena-1arena-2arena-1')

  assert.equal(interner.intern(bytes, 0, 7), 0)
  assert.equal(interner.intern(bytes, 7, 7), 1)
  assert.equal(interner.intern(bytes, 14, 7), 0)
  assert.equal(interner.internText(''), 2)
  assert.equal(interner.size, 3)
  assert.equal(interner.text(1), 'arena-2')
  assert.deepEqual(interner.bytes(1), utf8('arena-2'))
})

test('[D5] a full interner answers −1 to what is new and still knows what it holds', () => {
  const interner = new Interner(2)
  interner.internText('a')
  interner.internText('b')

  assert.equal(interner.internText('c'), -1)
  assert.equal(interner.internText('b'), 1)
  assert.equal(interner.size, 2)
})

test('numbers agree with a map over any strings, also after the table has grown', () => {
  const words = fc.array(fc.string({ unit: 'binary', maxLength: 6 }), { maxLength: 3000 })

  fc.assert(
    fc.property(words, fc.boolean(), (list, many) => {
      const interner = new Interner(100_000)
      const expected = new Map<string, number>()
      const all = many
        ? [...list, ...Array.from({ length: 3000 }, (_, i) => `w${i}`), ...list]
        : list
      for (const each of all.map((word) => word.toWellFormed())) {
        if (!expected.has(each)) expected.set(each, expected.size)
        assert.equal(interner.internText(each), expected.get(each))
      }
      for (const [word, id] of expected) assert.equal(interner.text(id), word)
      assert.equal(interner.size, expected.size)
    }),
    { numRuns: 30 },
  )
})
