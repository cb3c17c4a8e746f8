import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8, utf8Text } from '../std/bytes.ts'
import { numberedRow } from './numbered-row.ts'
import { encodeReading, parseReading } from './reading-codec.ts'

const TS = 1_795_383_150_000
const own = { n: 7, collector: 'nocturne@edge.1f' }

function numbered(row: Record<string, string | number>): string | undefined {
  const bytes = numberedRow(utf8(encodeReading({ ts: TS, stream: 'a', ...row })), own)
  return bytes && utf8Text(bytes)
}

test('[D7] a row without a number gets one, where canonical order has it', () => {
  const rows = [
    {},
    { site: 'x', session: 'q"\\"n":1,', p: 0.1, x: 1 },
    { src: 'tcp', retrans: 3 },
    { zzz: '"n":5', sampled: 'y' },
    { collector: 'meter', x: 2 },
    { n: 5, x: 2 },
  ]
  for (const row of rows) {
    const expected = encodeReading({ ts: TS, stream: 'a', ...row, ...own })
    assert.equal(numbered(row), expected)
    assert.ok(parseReading(expected).ok)
  }
})

test('[D7] a row with a number, a heartbeat and what is no row stay as they are', () => {
  assert.equal(numbered({ n: 3, collector: 'meter' }), undefined)
  assert.equal(numbered({ collector: 'meter', src: 'beat', backlog: 0 }), undefined)
  for (const text of ['', '{', '{}', '[1]', '{"v":1', '{"v":null}', 'nonsense', '{"ts":"\u00e9']) {
    assert.equal(numberedRow(utf8(text), own), undefined, text)
  }
})

test('[D7] a row that a number would make too long stays as it is', () => {
  const row: Record<string, string> = {}
  for (let i = 0; i < 120; i++) row[`field_${i}`] = 'x'.repeat(122)
  const bytes = utf8(encodeReading({ ts: TS, stream: 'a', ...row }))

  assert.ok(bytes.length > 16_000)
  const pad = 16_384 - bytes.length - 12
  const long = utf8(encodeReading({ ts: TS, stream: 'a', ...row, pad: 'y'.repeat(pad) }))
  assert.equal(numberedRow(long, own), undefined)
})
