import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LastText } from './last-text.ts'

const text = fc.uint8Array({ minLength: 0, maxLength: 20, max: 2 })

test('a text is met again where all its bytes are the same, whatever its length', () => {
  fc.assert(
    fc.property(text, text, fc.boolean(), (one, other, isCopy) => {
      const second = isCopy ? one : other
      const bytes = Uint8Array.of(7, ...one, 7, ...second, 7)
      const last = new LastText(bytes.subarray(1))
      last.keep(0, one.length)

      const isAgain = last.isAgain(one.length + 1, second.length)

      assert.equal(isAgain, Buffer.compare(one, second) === 0)
    }),
    { numRuns: 2000 },
  )
})
