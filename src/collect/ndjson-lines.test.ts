import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { utf8, utf8Text } from '../std/bytes.ts'
import { NdjsonLines, isBlankLine, type SourceLine } from './ndjson-lines.ts'

/** Lines as [text or length if it was too long, number, next, complete]. */
function cut(chunks: readonly Uint8Array[], lineBytesMax = 16): unknown[] {
  const lines = new NdjsonLines({ lineBytesMax })
  const seen: unknown[] = []
  const note = (line: SourceLine) =>
    seen.push([
      line.bytes === undefined ? line.length : utf8Text(line.bytes),
      line.number,
      line.next,
      line.isComplete,
    ])
  for (const chunk of chunks) for (const line of lines.push(chunk)) note(line)
  for (const line of lines.end()) note(line)
  return seen
}

test('lines carry their number and the position behind them, blank ones included', () => {
  assert.deepEqual(cut([utf8('a\n\nbc\r\nd')]), [
    ['a', 1, 2, true],
    ['', 2, 3, true],
    ['bc', 3, 7, true],
    ['d', 4, 8, false],
  ])
})

test('[D5] a line over the bound is passed over without being kept, the next one is whole', () => {
  const chunks = [utf8('x'.repeat(10)), utf8('y'.repeat(1000)), utf8('z\nok\n')]

  assert.deepEqual(cut(chunks), [
    [1011, 1, 1012, true],
    ['ok', 2, 1015, true],
  ])
  assert.deepEqual(cut([utf8(`${'x'.repeat(17)}\n${'y'.repeat(16)}\n`)]), [
    [17, 1, 18, true],
    ['y'.repeat(16), 2, 35, true],
  ])
})

test('chunk borders carry no meaning', () => {
  const texts = fc.array(fc.constantFrom('a', 'é', '\n', '\r\n', '{"a":1}', 'longer than sixteen'))
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 7 }), (parts, size) => {
      const bytes = utf8(parts.join(''))
      const chunks: Uint8Array[] = []
      for (let i = 0; i < bytes.length; i += size) chunks.push(bytes.subarray(i, i + size))
      assert.deepEqual(cut(chunks), cut([bytes]))
    }),
  )
})

test('a line of blanks is blank', () => {
  assert.equal(isBlankLine(utf8(' \t\r')), true)
  assert.equal(isBlankLine(utf8(' {')), false)
})
