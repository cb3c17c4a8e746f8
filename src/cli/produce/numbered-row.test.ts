import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { utf8, utf8Text } from '../../std/bytes.ts'
import { numberedRow } from './numbered-row.ts'

const numbered = (text: string): string =>
  utf8Text(numberedRow(utf8(text), { collector: 'edge-7', n: 12 }))

test('[D7] a row gets its sender and number in front of what it says', () => {
  assert.equal(numbered(' {"ts":1,"n2":3}'), '{"collector":"edge-7","n":12,"ts":1,"n2":3}')
  assert.equal(numbered('{}'), '{"collector":"edge-7","n":12}')
})

const KEPT = ['{"n":1,"ts":2}', '{"collector":"a"}', '[1]', 'null', '7', '{"ts":1', '', '\u0000']

for (const text of KEPT) {
  test(`[D7] ${JSON.stringify(text)} goes out as it is`, () => {
    assert.equal(numbered(text), text)
  })
}

test('[D7] bytes that are no text go out as they are', () => {
  const bytes = Uint8Array.of(0x7b, 0xff, 0x7d)

  assert.equal(numberedRow(bytes, { collector: 'a', n: 1 }), bytes)
})

test('[D7] any object keeps all that it had', () => {
  const object = fc.dictionary(
    fc.string().filter((name) => name !== 'n' && name !== 'collector' && name !== '__proto__'),
    fc.jsonValue(),
  )
  fc.assert(
    fc.property(object, (row) => {
      const after: unknown = JSON.parse(numbered(JSON.stringify(row)))
      const expected: unknown = JSON.parse(JSON.stringify({ ...row, collector: 'edge-7', n: 12 }))
      assert.deepEqual(after, expected)
    }),
  )
})
