import { utf8 } from './bytes.ts'

/** FNV-1a-64 over bytes, 16 hex digits (offset basis cbf29ce484222325, prime 100000001b3). */
export function fnv1a64(parts: readonly (string | Uint8Array)[]): string {
  // The state is four 16-bit limbs, low first: no BigInt, and every product stays below 2^53.
  let [a, b, c, d] = [0x2325, 0x8422, 0x9ce4, 0xcbf2]
  for (const part of parts) {
    for (const byte of typeof part === 'string' ? utf8(part) : part) {
      a ^= byte
      // Times 0x100000001b3 = 2^40 + 0x1b3: limb i gets 0x1b3 · limb i and,
      // shifted by 8, limb i − 2.
      const a1 = a * 0x1b3
      const b1 = b * 0x1b3 + (a1 >>> 16)
      const c1 = c * 0x1b3 + (b1 >>> 16) + ((a << 8) & 0xffff)
      const d1 = d * 0x1b3 + (c1 >>> 16) + ((b << 8) & 0xffff) + (a >>> 8)
      a = a1 & 0xffff
      b = b1 & 0xffff
      c = c1 & 0xffff
      d = d1 & 0xffff
    }
  }
  return [d, c, b, a].map((limb) => limb.toString(16).padStart(4, '0')).join('')
}

/** Kafka's default partitioner hash, as `Utils.murmur2` of the Java client: seed 9747b28c. */
function murmur2(bytes: Uint8Array): number {
  const length = bytes.length
  let hash = 0x9747b28c ^ length
  const whole = length & ~3
  for (let i = 0; i < whole; i += 4) {
    let k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    k = Math.imul(k, 0x5bd1e995)
    k = Math.imul(k ^ (k >>> 24), 0x5bd1e995)
    hash = Math.imul(hash, 0x5bd1e995) ^ k
  }
  const left = length - whole
  if (left > 2) hash ^= bytes[whole + 2]! << 16
  if (left > 1) hash ^= bytes[whole + 1]! << 8
  if (left > 0) hash = Math.imul(hash ^ bytes[whole]!, 0x5bd1e995)
  hash = Math.imul(hash ^ (hash >>> 13), 0x5bd1e995)
  return hash ^ (hash >>> 15)
}

/** Kafka's `toPositive(murmur2(key)) % partitions`: where a keyed record belongs. */
export const partitionOf = (key: Uint8Array, partitions: number): number =>
  (murmur2(key) & 0x7fffffff) % partitions
