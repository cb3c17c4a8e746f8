// The bytes of Apache DataSketches' HllSketch as `hll_sketch_agg` writes them ("Apache DataSketches
// Core: HLL sketch memory layout"; little-endian):
//   0 preamble ints (2 list, 3 set, 10 registers) · 1 version 1 · 2 family 7 · 3 lgK
//   6 coupons of a list · 7 bits 0–1 mode (0 list, 1 set, 2 registers), bits 2–3 type (2: HLL_8)
//   list: u32 coupons from 8 · set: u32 how many at 8, coupons from 12 · registers: u8 from 40
// An empty slot of a list or set is 0; a coupon is rank · 2^26 + address, as ours is (Z10).

const VERSION = 1
const FAMILY = 7
const LG_K = 12
const TYPE = 2
const REGISTERS = 4096
const ADDRESS_BITS = 26
const RANK_MAX = 63
/** A set of more than 384 has become registers, and has at most 512 slots. */
const COUPONS_MAX = 512

/** What a sketch has seen: rising coupons of its values, or the greatest rank by register. */
export type HllContent =
  | { readonly kind: 'coupons'; readonly coupons: readonly number[] }
  | { readonly kind: 'registers'; readonly registers: Uint8Array }

type Preamble = { readonly ints: number; readonly from: number }

/** By mode: how long the preamble is, and where what was seen begins. */
const PREAMBLES: readonly Preamble[] = [
  { ints: 2, from: 8 },
  { ints: 3, from: 12 },
  { ints: 10, from: 40 },
]

/**
 * Reads a sketch; undefined for another version, size or type, and for anything else that is not
 * known to be one: what was read wrongly would count wrongly for ever.
 */
export function readHll(bytes: Uint8Array): HllContent | undefined {
  const mode = (bytes[7] ?? 0) & 3
  const preamble = PREAMBLES[mode]
  if (preamble === undefined || bytes.length < preamble.from || !isOurs(bytes)) return undefined
  if (bytes[0] !== preamble.ints) return undefined
  if (mode === 2) return registersOf(bytes.subarray(preamble.from))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const count = mode === 0 ? view.getUint8(6) : view.getUint32(8, true)
  return couponsOf(view, preamble.from, count)
}

const isOurs = (bytes: Uint8Array): boolean =>
  bytes[1] === VERSION && bytes[2] === FAMILY && bytes[3] === LG_K && bytes[7]! >>> 2 === TYPE

function couponsOf(view: DataView, from: number, count: number): HllContent | undefined {
  const slots = (view.byteLength - from) / 4
  if (!Number.isInteger(slots) || slots > COUPONS_MAX) return undefined
  const coupons: number[] = []
  for (let slot = 0; slot < slots; slot++) {
    const coupon = view.getUint32(from + 4 * slot, true)
    if (coupon === 0) continue
    if (coupon >>> ADDRESS_BITS === 0) return undefined
    coupons.push(coupon)
  }
  coupons.sort((a, b) => a - b)
  const isRising = coupons.every((coupon, i) => i === 0 || coupon > coupons[i - 1]!)
  return isRising && coupons.length === count ? { kind: 'coupons', coupons } : undefined
}

const registersOf = (registers: Uint8Array): HllContent | undefined =>
  registers.length === REGISTERS && registers.every((rank) => rank <= RANK_MAX)
    ? { kind: 'registers', registers }
    : undefined

/** The registers that coupons make: register address mod 4096 keeps the greatest rank (Z10). */
export function registersOfCoupons(coupons: readonly number[]): Uint8Array {
  const registers = new Uint8Array(REGISTERS)
  for (const coupon of coupons) {
    const at = coupon % REGISTERS
    registers[at] = Math.max(registers[at]!, coupon >>> ADDRESS_BITS)
  }
  return registers
}
