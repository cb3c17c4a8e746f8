import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { murmur3 } from './murmur3.ts'
import { addressOf, couponOf, rankOf } from './coupon.ts'

const MASK = (1n << 64n) - 1n
const rotate = (x: bigint, by: bigint) => ((x << by) | (x >> (64n - by))) & MASK

/** The same hash over 64-bit integers, written from its definition. */
function reference(bytes: Uint8Array, seed: number): string {
  const [c1, c2] = [0x87c37b91114253d5n, 0x4cf5ad432745937fn]
  const padded = new Uint8Array(Math.ceil((bytes.length + 1) / 16) * 16)
  padded.set(bytes)
  const view = new DataView(padded.buffer)
  let h0 = BigInt(seed)
  let h1 = BigInt(seed)
  const first = (k: bigint) => (rotate((k * c1) & MASK, 31n) * c2) & MASK
  const second = (k: bigint) => (rotate((k * c2) & MASK, 33n) * c1) & MASK
  for (let at = 0; at < padded.length; at += 16) {
    h0 ^= first(view.getBigUint64(at, true))
    if (at + 16 > bytes.length) {
      h1 ^= second(view.getBigUint64(at + 8, true))
      break
    }
    h0 = (((rotate(h0, 27n) + h1) & MASK) * 5n + 0x52dce729n) & MASK
    h1 ^= second(view.getBigUint64(at + 8, true))
    h1 = (((rotate(h1, 31n) + h0) & MASK) * 5n + 0x38495ab5n) & MASK
  }
  const finish = (x: bigint) => {
    let k = ((x ^ (x >> 33n)) * 0xff51afd7ed558ccdn) & MASK
    k = ((k ^ (k >> 33n)) * 0xc4ceb9fe1a85ec53n) & MASK
    return k ^ (k >> 33n)
  }
  h0 ^= BigInt(bytes.length)
  h1 ^= BigInt(bytes.length)
  h0 = (h0 + h1) & MASK
  h1 = finish((h1 + h0) & MASK)
  h0 = (finish(h0) + h1) & MASK
  h1 = (h1 + h0) & MASK
  return h0.toString(16).padStart(16, '0') + h1.toString(16).padStart(16, '0')
}

const hex = (bytes: Uint8Array, seed: number) =>
  murmur3(bytes, seed)
    .map((half) => half.toString(16).padStart(8, '0'))
    .join('')

const KNOWN = [
  ['', '00000000000000000000000000000000'],
  ['hello', 'cbd8a7b341bd9b025b1e906a48ae1d19'],
  ['hello, world', '342fac623a5ebc8e4cdcbc079642414d'],
  ['The quick brown fox jumps over the lazy dog', 'e34bbc7bbc071b6c7a433ca9c49a9347'],
] as const

for (const [text, hash] of KNOWN) {
  test(`MurmurHash3 x64 128 of '${text}' is the published one`, () => {
    assert.equal(hex(new TextEncoder().encode(text), 0), hash)
  })
}

test('[Z10] the hash in 32-bit halves equals the hash in 64-bit integers', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(), (bytes, seed) => {
      assert.equal(hex(bytes, seed), reference(bytes, seed))
    }),
  )
})

test('[Z10] a coupon is the rank of h1 above 26 bits of h0', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      const bytes = new TextEncoder().encode(text)
      const hash = reference(bytes, 9001)
      const h0 = BigInt(`0x${hash.slice(0, 16)}`)
      const zeros = 64 - BigInt(`0x${hash.slice(16)}`).toString(2).length

      const coupon = couponOf(bytes)

      assert.ok(coupon !== undefined)
      assert.equal(addressOf(coupon), Number(h0 % (1n << 26n)))
      assert.equal(rankOf(coupon), Math.min(62, zeros) + 1)
    }),
  )
})

test('[Z10] the empty string counts as absent', () => {
  assert.equal(couponOf(new Uint8Array(0)), undefined)
})
