import { murmur3 } from './murmur3.ts'

/** The seed of DataSketches, so that its sketches and ours merge (Z10). */
const SEED = 9001
const ADDRESS_BITS = 26
const RANK_MAX = 63

/** One past the greatest coupon. */
export const COUPON_END = (RANK_MAX + 1) * 2 ** ADDRESS_BITS

/**
 * What a distinct sketch keeps of a value's UTF-8 bytes (Z10): rank · 2^26 + address, below 2^32.
 * Undefined for the empty string, which counts as absent. Equal values have equal coupons, so
 * hash each interned value once.
 */
export function couponOf(bytes: Uint8Array): number | undefined {
  if (bytes.length === 0) return undefined
  const [, low0, high1, low1] = murmur3(bytes, SEED)
  const zeros = high1 === 0 ? 32 + Math.clz32(low1) : Math.clz32(high1)
  const rank = Math.min(RANK_MAX - 1, zeros) + 1
  return rank * 2 ** ADDRESS_BITS + (low0 & (2 ** ADDRESS_BITS - 1))
}

/** The address of a coupon, 26 bits. */
export const addressOf = (coupon: number): number => coupon & (2 ** ADDRESS_BITS - 1)

/** The rank of a coupon, 1 to 63. */
export const rankOf = (coupon: number): number => coupon >>> ADDRESS_BITS
