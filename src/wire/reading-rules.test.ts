import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parseRow, rowFault, textFault } from './reading-rules.ts'

test('[F3] times are integers of ms from 2000 to 2099, and units are told apart', () => {
  const faultOf = (ts: unknown) => rowFault(ts, 'arena-1', undefined)

  assert.equal(faultOf(946_684_800_000), undefined)
  assert.equal(faultOf(4_102_444_799_999), undefined)
  assert.equal(faultOf(946_684_799_999), 'ts_range')
  assert.equal(faultOf(4_102_444_800_000), 'ts_range')
  assert.equal(faultOf(1_795_383_157), 'ts_unit')
  assert.equal(faultOf(1_795_383_157_516_000), 'ts_unit')
  assert.equal(faultOf(1_795_383_157_516.5), 'ts')
  assert.equal(faultOf('1795383157516'), 'ts')
})

test('[F3] a row needs a stream of 1 to 128 bytes and a rate from 10^-6 to 1', () => {
  const faultOf = (stream: unknown, p: unknown) => rowFault(1_795_383_157_516, stream, p)

  assert.equal(faultOf('-', null), undefined)
  assert.equal(faultOf('é'.repeat(64), 1e-6), undefined)
  assert.equal(faultOf('é'.repeat(65), 1), 'stream')
  assert.equal(faultOf('', 1), 'stream')
  assert.equal(faultOf('a\n', 1), 'stream')
  assert.equal(faultOf('a', 0), 'p')
  assert.equal(faultOf('a', 1.01), 'p')
  assert.equal(faultOf('a', '0.1'), 'p')
})

test('[F3] bytes beyond 16 KiB, with NUL or no UTF-8 are refused before they are parsed', () => {
  const reasonOf = (source: Uint8Array | string) => {
    const parsed = parseRow(source)
    return parsed.ok ? undefined : parsed.reason
  }

  assert.equal(reasonOf(new Uint8Array(10_000_000).fill(0x5b)), 'bytes')
  assert.equal(reasonOf('['.repeat(10_000_000)), 'bytes')
  assert.equal(reasonOf(`"${'é'.repeat(8192)}"`), 'bytes')
  assert.equal(reasonOf('{\0}'), 'bytes')
  assert.equal(reasonOf(Uint8Array.of(0x7b, 0xc0, 0x7d)), 'bytes')
  assert.equal(reasonOf('['.repeat(16_384)), 'json')
  assert.equal(reasonOf('null'), 'shape')
  assert.equal(reasonOf('{}'), undefined)
})

test('a text is short or long by its bytes, and control bytes are named', () => {
  assert.equal(textFault('日'.repeat(42)), undefined)
  assert.equal(textFault('日'.repeat(43)), 'long')
  assert.equal(textFault('a\u001f'), 'control')
})
