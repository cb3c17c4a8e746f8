/** A 64-bit integer in two unsigned halves; the functions below write into their first argument. */
type Limbs = { high: number; low: number }

const C1: Readonly<Limbs> = { high: 0x87c37b91, low: 0x114253d5 }
const C2: Readonly<Limbs> = { high: 0x4cf5ad43, low: 0x2745937f }
const FINAL_1: Readonly<Limbs> = { high: 0xff51afd7, low: 0xed558ccd }
const FINAL_2: Readonly<Limbs> = { high: 0xc4ceb9fe, low: 0x1a85ec53 }
const FIVE: Readonly<Limbs> = { high: 0, low: 5 }

/**
 * MurmurHash3 x64 128 (Appleby, SMHasher, public domain) in 32-bit halves, since BigInt would cost
 * ten times as much. Answers h0 and h1, each as its unsigned high and low half.
 */
export function murmur3(
  bytes: Uint8Array,
  seed: number,
): readonly [high0: number, low0: number, high1: number, low1: number] {
  const h0: Limbs = { high: 0, low: seed >>> 0 }
  const h1: Limbs = { high: 0, low: seed >>> 0 }
  const k: Limbs = { high: 0, low: 0 }
  const whole = bytes.length - (bytes.length % 16)
  for (let at = 0; at < whole; at += 16) {
    load(k, bytes, at)
    mixFirst(h0, k)
    rotate(h0, 27)
    add(h0, h1)
    multiply(h0, FIVE)
    add(h0, { high: 0, low: 0x52dce729 })
    load(k, bytes, at + 8)
    mixSecond(h1, k)
    rotate(h1, 31)
    add(h1, h0)
    multiply(h1, FIVE)
    add(h1, { high: 0, low: 0x38495ab5 })
  }
  // Bytes past the end load as zero, and a zero mixes as nothing, so the tail needs no cases.
  load(k, bytes, whole + 8)
  mixSecond(h1, k)
  load(k, bytes, whole)
  mixFirst(h0, k)
  h0.low = (h0.low ^ bytes.length) >>> 0
  h1.low = (h1.low ^ bytes.length) >>> 0
  add(h0, h1)
  add(h1, h0)
  finish(h0)
  finish(h1)
  add(h0, h1)
  add(h1, h0)
  return [h0.high, h0.low, h1.high, h1.low]
}

function mixFirst(h: Limbs, k: Limbs): void {
  multiply(k, C1)
  rotate(k, 31)
  multiply(k, C2)
  xor(h, k)
}

function mixSecond(h: Limbs, k: Limbs): void {
  multiply(k, C2)
  rotate(k, 33)
  multiply(k, C1)
  xor(h, k)
}

function finish(k: Limbs): void {
  k.low = (k.low ^ (k.high >>> 1)) >>> 0
  multiply(k, FINAL_1)
  k.low = (k.low ^ (k.high >>> 1)) >>> 0
  multiply(k, FINAL_2)
  k.low = (k.low ^ (k.high >>> 1)) >>> 0
}

/** Eight bytes, least significant first. */
function load(into: Limbs, bytes: Uint8Array, at: number): void {
  into.low = word(bytes, at)
  into.high = word(bytes, at + 4)
}

function word(bytes: Uint8Array, at: number): number {
  let value = 0
  for (let i = 3; i >= 0; i--) value = (value << 8) | (bytes[at + i] ?? 0)
  return value >>> 0
}

function xor(into: Limbs, by: Readonly<Limbs>): void {
  into.low = (into.low ^ by.low) >>> 0
  into.high = (into.high ^ by.high) >>> 0
}

function add(into: Limbs, by: Readonly<Limbs>): void {
  const low = into.low + by.low
  into.high = (into.high + by.high + (low > 0xffffffff ? 1 : 0)) >>> 0
  into.low = low >>> 0
}

function rotate(into: Limbs, bits: number): void {
  const swap = bits >= 32
  const [high, low] = swap ? [into.low, into.high] : [into.high, into.low]
  const by = bits % 32
  into.high = ((high << by) | (by === 0 ? 0 : low >>> (32 - by))) >>> 0
  into.low = ((low << by) | (by === 0 ? 0 : high >>> (32 - by))) >>> 0
}

function multiply(into: Limbs, by: Readonly<Limbs>): void {
  const cross = Math.imul(into.low, by.high) + Math.imul(into.high, by.low)
  into.high = (productHigh(into.low, by.low) + cross) >>> 0
  into.low = Math.imul(into.low, by.low) >>> 0
}

/** The upper 32 bits of a product of two unsigned 32-bit integers; all steps stay below 2^53. */
function productHigh(a: number, b: number): number {
  const low = (a & 0xffff) * (b & 0xffff)
  const middle = (a >>> 16) * (b & 0xffff) + (low >>> 16)
  const other = (a & 0xffff) * (b >>> 16) + (middle % 65536)
  return (a >>> 16) * (b >>> 16) + Math.floor(middle / 65536) + Math.floor(other / 65536)
}
