import assert from 'node:assert/strict'
import { test } from 'node:test'

import { utf8 } from '../../std/bytes.ts'
import { bail } from './field-bail.ts'
import { JsonCursor } from './json-cursor.ts'

function endOf(text: string | Uint8Array): number {
  const bytes = typeof text === 'string' ? utf8(text) : text
  const cursor = new JsonCursor(bytes)
  cursor.end = bytes.length
  return cursor.valueEnd(0)
}

test('a value that nobody wants ends where JSON says', () => {
  for (const text of ['0', '-12.5e+3', '"a\\"é"', 'true', 'false', 'null', '""']) {
    assert.equal(endOf(`${text},`), utf8(text).length, text)
  }
})

test('what is no value, nested or escaped by number is left to JSON.parse', () => {
  const cases = [
    ['01', bail.number],
    ['1.', bail.number],
    ['-', bail.number],
    ['1e', bail.number],
    ['{}', bail.nesting],
    ['[]', bail.nesting],
    ['nul,', bail.syntax],
    ['', bail.syntax],
    ['"\\u0041"', bail.text],
    ['"\\x"', bail.text],
    ['"a', bail.text],
    ['"\n"', bail.text],
  ] as const

  for (const [text, reason] of cases) assert.equal(endOf(text), -reason, text)
})

test('strings are held to UTF-8: no overlong form, no surrogate, nothing beyond U+10FFFF', () => {
  const invalid = [
    [0xc0, 0x80],
    [0xe0, 0x80, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf0, 0x80, 0x80, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xf5, 0x80, 0x80, 0x80],
    [0x80],
    [0xc3],
    [0xe2, 0x82, 0x22],
  ]

  for (const bytes of invalid) {
    assert.equal(endOf(Uint8Array.of(0x22, ...bytes, 0x22)), -bail.text, String(bytes))
  }
  assert.equal(endOf('"é日𝄞\u{10ffff}\u0800"'), 18)
})
