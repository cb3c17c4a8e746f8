/** The seed of Spark's `hash`, and what it answers for NULL. */
const SEED = 42

/**
 * The cluster of all rows of one session, by the UTF-8 bytes of its name (Z18), `length` of them
 * from `start` on: equal to Spark's `hash(name)`, which is MurmurHash3 x86 32 (Appleby, SMHasher,
 * public domain) but for the bytes behind the last whole word: each is mixed as a word of its own,
 * sign-extended. 32 bits, signed.
 */
export function clusterOfName(bytes: Uint8Array, start = 0, length = bytes.length): number {
  const end = start + length
  const whole = end - (length & 3)
  let hash = SEED
  let at = start
  for (; at < whole; at += 4) {
    const word =
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    hash = mixed(hash, word)
  }
  for (; at < end; at++) hash = mixed(hash, (bytes[at]! << 24) >> 24)
  return finished(hash, length)
}

/**
 * The cluster of a row that was sampled by itself (Z18): Spark's `hash(name, ts)`, where `of` is
 * the cluster of its name; without one, `hash(ts)`. `ts` is an integer within ± 2^53.
 */
export function clusterOfRow(ts: number, of = SEED): number {
  return finished(mixed(mixed(of, ts | 0), Math.floor(ts / 2 ** 32) | 0), 8)
}

function mixed(hash: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51)
  const k = Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593)
  const h = hash ^ k
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}

function finished(hash: number, length: number): number {
  let h = hash ^ length
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
