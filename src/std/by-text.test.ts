import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { byText } from './by-text.ts'

test('texts sort by code point, whatever the machine', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 8 })
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(Math.sign(byText(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
})
