import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeStates, encodeStates } from './states-codec.ts'

const states = fc.array(
  fc.record(
    {
      kind: fc.integer({ min: 0, max: 255 }),
      version: fc.integer({ min: 0, max: 255 }),
      payload: fc.uint8Array({ maxLength: 300 }),
    },
    { noNullPrototype: true },
  ),
  { maxLength: 12 },
)

test('[T1] states come back equal from their blob, whatever lies behind its bytes', () => {
  fc.assert(
    fc.property(states, (given) => {
      const blob = encodeStates(given)
      const pooled = Buffer.from(Buffer.concat([Uint8Array.of(9), blob, Uint8Array.of(9)]))
      const read = decodeStates(pooled.subarray(1, 1 + blob.length))
      pooled.fill(0)
      assert.deepEqual(read, given)
    }),
  )
})

test('[T1] a blob that is cut, or has more behind it, is none', () => {
  fc.assert(
    fc.property(states, fc.nat(), (given, at) => {
      const blob = encodeStates(given)
      assert.equal(decodeStates(blob.subarray(0, at % blob.length)), undefined)
      assert.equal(decodeStates(Buffer.concat([blob, Uint8Array.of(0)])), undefined)
    }),
  )
  assert.equal(decodeStates(new Uint8Array(0)), undefined)
})
