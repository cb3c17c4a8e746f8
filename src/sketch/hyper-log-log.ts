import { addressOf, rankOf } from './coupon.ts'

/** Up to this many coupons are kept as they are and counted exactly (Z10). */
export const COUPONS_MAX = 256
/** Registers beyond that: standard error 1.04 / √4096 = 1.63 %. */
export const REGISTERS = 4096
const RANK_END = 64
/** α∞ = 1 / (2 ln 2), of the estimator below. */
const ALPHA = 1 / (2 * Math.LN2)

/** Sorted coupons, or the greatest rank per register: which one follows from the set of values. */
export type HyperLogLog = { coupons: number[]; registers: Uint8Array | undefined }

/** Takes one coupon; a coupon seen before changes nothing. */
export function addCoupon(state: HyperLogLog, coupon: number): void {
  if (state.registers !== undefined) {
    raise(state.registers, addressOf(coupon) % REGISTERS, rankOf(coupon))
    return
  }
  let low = 0
  let high = state.coupons.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (state.coupons[middle]! < coupon) low = middle + 1
    else high = middle
  }
  if (state.coupons[low] === coupon) return
  state.coupons.splice(low, 0, coupon)
  if (state.coupons.length <= COUPONS_MAX) return
  const registers = new Uint8Array(REGISTERS)
  for (const each of state.coupons) raise(registers, addressOf(each) % REGISTERS, rankOf(each))
  state.registers = registers
  state.coupons = []
}

/** Takes all that another one has seen. */
export function mergeHyperLogLog(into: HyperLogLog, from: Readonly<HyperLogLog>): void {
  if (from.registers === undefined) {
    for (const coupon of from.coupons) addCoupon(into, coupon)
    return
  }
  if (into.registers === undefined) {
    const coupons = into.coupons
    into.registers = from.registers.slice()
    into.coupons = []
    for (const coupon of coupons) addCoupon(into, coupon)
    return
  }
  for (let i = 0; i < REGISTERS; i++) raise(into.registers, i, from.registers[i]!)
}

/**
 * How many different values were seen: exact as a list, else the improved raw estimator of Ertl
 * ("New cardinality estimation algorithms for HyperLogLog sketches", 2017, section 4), which needs
 * no table of biases and no switch between ranges.
 */
export function estimateOf(state: Readonly<HyperLogLog>): number {
  if (state.registers === undefined) return state.coupons.length
  const histogram = new Float64Array(RANK_END)
  for (const rank of state.registers) histogram[rank] = histogram[rank]! + 1
  let denominator = REGISTERS * tau(1 - histogram[RANK_END - 1]! / REGISTERS)
  for (let rank = RANK_END - 2; rank >= 1; rank--) {
    denominator = (denominator + histogram[rank]!) / 2
  }
  denominator += REGISTERS * sigma(histogram[0]! / REGISTERS)
  return (ALPHA * REGISTERS * REGISTERS) / denominator
}

function raise(registers: Uint8Array, at: number, rank: number): void {
  if (rank > registers[at]!) registers[at] = rank
}

/** Σ of the registers that are still zero; infinite when all are, and then nothing was seen. */
function sigma(share: number): number {
  if (share === 1) return Infinity
  let x = share
  let y = 1
  let z = x
  let before = -1
  while (z !== before) {
    x *= x
    before = z
    z += x * y
    y += y
  }
  return z
}

/** Σ of the registers that are full. */
function tau(share: number): number {
  if (share === 0 || share === 1) return 0
  let x = share
  let y = 1
  let z = 1 - x
  let before = -1
  while (z !== before) {
    x = Math.sqrt(x)
    before = z
    y *= 0.5
    z -= (1 - x) ** 2 * y
  }
  return z / 3
}
