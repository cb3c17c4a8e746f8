import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { crc32c } from './crc32c.ts'

const bytes = (of: ArrayLike<number>) => Uint8Array.from(of)

/** The definition, bit by bit: another algorithm than the tables. */
function bitwise(of: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of of) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  return ~crc >>> 0
}

test('CRC-32C gives the check values of RFC 3720', () => {
  const ascending = bytes({ length: 32 }).map((_, i) => i)
  assert.equal(crc32c(new TextEncoder().encode('123456789'), 0, 9), 0xe3069283)
  assert.equal(crc32c(new Uint8Array(32), 0, 32), 0x8a9136aa)
  assert.equal(crc32c(new Uint8Array(32).fill(255), 0, 32), 0x62a8ab43)
  assert.equal(crc32c(ascending, 0, 32), 0x46dd794e)
  assert.equal(crc32c(ascending, 5, 5), 0)
})

test('CRC-32C of any part of any bytes equals the definition', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (of, cut) => {
      const from = Math.min(cut, of.length)
      assert.equal(crc32c(of, from, of.length), bitwise(of.subarray(from)))
    }),
  )
})
