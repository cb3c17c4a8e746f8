const P1 = 0x9e3779b1
const P2 = 0x85ebca77
const P3 = 0xc2b2ae3d
const P4 = 0x27d4eb2f
const P5 = 0x165667b1

/**
 * xxHash32 with seed 0 of `bytes[from, to)`, unsigned: what an LZ4 frame is checked by. From the
 * specification of Yann Collet's xxHash, version 0.1.1.
 */
export function xxhash32(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  let hash = P5
  if (to - from >= 16) {
    let [a, b, c, d] = [(P1 + P2) | 0, P2 | 0, 0, -P1 | 0]
    for (; at + 16 <= to; at += 16) {
      a = round(a, le32(bytes, at))
      b = round(b, le32(bytes, at + 4))
      c = round(c, le32(bytes, at + 8))
      d = round(d, le32(bytes, at + 12))
    }
    hash = rotated(a, 1) + rotated(b, 7) + rotated(c, 12) + rotated(d, 18)
  }
  hash = (hash + (to - from)) | 0
  for (; at + 4 <= to; at += 4) {
    hash = Math.imul(rotated(hash + Math.imul(le32(bytes, at), P3), 17), P4)
  }
  for (; at < to; at++) hash = Math.imul(rotated(hash + Math.imul(bytes[at]!, P5), 11), P1)
  hash = Math.imul(hash ^ (hash >>> 15), P2)
  hash = Math.imul(hash ^ (hash >>> 13), P3)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Signed int32 at `at`, least byte first. */
export const le32 = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)

const rotated = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits))

const round = (sum: number, word: number): number =>
  Math.imul(rotated((sum + Math.imul(word, P2)) | 0, 13), P1)
