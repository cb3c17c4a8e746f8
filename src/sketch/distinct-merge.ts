import { ByteReader } from '../std/bytes.ts'
import { addressOf, COUPON_END, rankOf } from './coupon.ts'
import { distinctEstimate } from './distinct-estimate.ts'
import { COUPONS_MAX, estimateOf, REGISTERS, type HyperLogLog } from './hyper-log-log.ts'

const LIST = 0
const FULL = 1
/** Open addressing, at most a quarter full. */
const SLOTS = 1024

/**
 * Merges distinct states as they travel, without making them. What is merged is the set of values,
 * so the state of their union, and with it the result, is that of `distinct`, to the bit.
 */
export class DistinctMerge {
  readonly #reader = new ByteReader(new Uint8Array(0))
  readonly #unions: Union[] = []
  #count = 0

  /** Begins with nothing. */
  clear(): void {
    this.#count = 0
  }

  /** Adds a payload that `isDistinctPayload` found sound. */
  add(bytes: Uint8Array, at: number, end: number): void {
    const reader = this.#reader.open(bytes, at, end)
    const sketches = reader.varint()
    for (let i = 0; i < sketches; i++) {
      const union = this.#union(reader.f64())
      if (reader.u8() === LIST) union.addList(reader)
      else {
        union.addRegisters(bytes, reader.at)
        reader.at += REGISTERS
      }
    }
  }

  /** As `distinct`: each value at the least weight it was seen with; undefined of nothing (V2). */
  result(): number | undefined {
    const [only] = this.#unions
    if (this.#count === 1 && only !== undefined) return only.weight * only.estimate
    return distinctEstimate(this.sketches())
  }

  /** The merged state, by rising weight; valid until the next `clear`. */
  sketches(): WeightedSketch[] {
    const unions = this.#unions.slice(0, this.#count)
    return unions.sort((a, b) => a.weight - b.weight).map((union) => union.sketch())
  }

  /** The union of one weight: nearly always there is one weight. */
  #union(weight: number): Union {
    for (let i = 0; i < this.#count; i++) {
      if (this.#unions[i]!.weight === weight) return this.#unions[i]!
    }
    const union = (this.#unions[this.#count++] ??= new Union())
    return union.begin(weight)
  }
}

type WeightedSketch = HyperLogLog & { readonly weight: number }

/** The values of one weight: a set of coupons, or registers once there are too many. */
class Union {
  weight = 1
  /** A coupon is never 0. */
  readonly #slots = new Uint32Array(SLOTS)
  #size = 0
  readonly #registers = new Uint8Array(REGISTERS)
  #isList = true

  begin(weight: number): this {
    this.weight = weight
    if (this.#size > 0) this.#slots.fill(0)
    this.#size = 0
    this.#isList = true
    return this
  }

  get estimate(): number {
    return this.#isList ? this.#size : estimateOf({ coupons: [], registers: this.#registers })
  }

  sketch(): WeightedSketch {
    const { weight } = this
    if (!this.#isList) return { weight, coupons: [], registers: this.#registers }
    const coupons = Array.from(this.#slots).filter((coupon) => coupon !== 0)
    return { weight, coupons: coupons.sort((a, b) => a - b), registers: undefined }
  }

  addList(reader: ByteReader): void {
    const length = reader.varint()
    let coupon = 0
    for (let i = 0; i < length; i++) {
      coupon += reader.varint()
      if (this.#isList) this.#addCoupon(coupon)
      else raise(this.#registers, coupon)
    }
  }

  addRegisters(bytes: Uint8Array, at: number): void {
    this.#toRegisters()
    const registers = this.#registers
    for (let i = 0; i < REGISTERS; i++) {
      if (bytes[at + i]! > registers[i]!) registers[i] = bytes[at + i]!
    }
  }

  #addCoupon(coupon: number): void {
    const slots = this.#slots
    // The address is the low bits of a hash: as good a place as any.
    let at = coupon & (SLOTS - 1)
    for (let held = slots[at]!; held !== 0; held = slots[at]!) {
      if (held === coupon) return
      at = (at + 1) & (SLOTS - 1)
    }
    slots[at] = coupon
    if (++this.#size > COUPONS_MAX) this.#toRegisters()
  }

  #toRegisters(): void {
    if (!this.#isList) return
    this.#isList = false
    this.#registers.fill(0)
    for (const coupon of this.#slots) if (coupon !== 0) raise(this.#registers, coupon)
  }
}

function raise(registers: Uint8Array, coupon: number): void {
  const at = addressOf(coupon) % REGISTERS
  const rank = rankOf(coupon)
  if (rank > registers[at]!) registers[at] = rank
}

/** Whether the reader stands at a whole payload that `distinct.write` could have made. */
export function isDistinctPayload(reader: ByteReader): boolean {
  const sketches = reader.varint()
  let before = 0
  for (let i = 0; i < sketches && reader.ok; i++) {
    const weight = reader.f64()
    if (!(weight >= 1) || weight <= before) return false
    before = weight
    const kind = reader.u8()
    if (!(kind === LIST ? isList(reader) : kind === FULL && isRegisters(reader))) return false
  }
  return reader.ok && reader.at === reader.end
}

function isList(reader: ByteReader): boolean {
  const length = reader.varint()
  if (length > COUPONS_MAX) return false
  let coupon = 0
  for (let i = 0; i < length; i++) {
    const step = reader.varint()
    coupon += step
    if (!reader.ok || step === 0 || coupon >= COUPON_END) return false
  }
  return reader.ok
}

function isRegisters(reader: ByteReader): boolean {
  const registers = reader.raw(REGISTERS)
  return registers.length === REGISTERS && registers.every((rank) => rank < 64)
}
