import { COUPON_END } from './coupon.ts'
import {
  addCoupon,
  COUPONS_MAX,
  estimateOf,
  mergeHyperLogLog,
  REGISTERS,
  type HyperLogLog,
} from './hyper-log-log.ts'
import type { ByteReader, ByteWriter } from '../std/bytes.ts'
import type { Sketch } from './sketch.ts'

const LIST = 0
const FULL = 1

/** One sketch for each weight that its rows had, because estimates scale and sketches do not. */
export type DistinctState = { byWeight: Map<number, HyperLogLog> }

/**
 * How many different values (HyperLogLog: Flajolet, Fusy, Gandouet and Meunier, 2007), by the
 * formulas of Z10: exact up to 256 values of one weight, then with a standard error of 1.63 %.
 */
export const distinct = {
  zero: (): DistinctState => ({ byWeight: new Map() }),
  /** Rows sampled by request count at weight 1: their sessions are all seen (formats.md 1.1). */
  add(state: DistinctState, coupon: number, weight: number): DistinctState {
    addCoupon(sketchOf(state, weight), coupon)
    return state
  },
  merge(into: DistinctState, from: Readonly<DistinctState>): DistinctState {
    for (const [weight, sketch] of from.byWeight) mergeHyperLogLog(sketchOf(into, weight), sketch)
    return into
  },
  /** The greatest scaled estimate; undefined until something was seen (V2). */
  result(state: Readonly<DistinctState>): number | undefined {
    let greatest: number | undefined
    for (const [weight, sketch] of state.byWeight) {
      greatest = Math.max(greatest ?? 0, weight * estimateOf(sketch))
    }
    return greatest
  },
  /** n, then by rising weight: f64 weight, then u8 0 and coupon steps, or u8 1 and registers. */
  write(writer, state) {
    const weights = [...state.byWeight.keys()].sort((a, b) => a - b)
    writer.varint(weights.length)
    for (const weight of weights) {
      writer.f64(weight)
      writeSketch(writer, sketchOf(state, weight))
    }
  },
  read(reader) {
    const state: DistinctState = { byWeight: new Map() }
    const length = reader.varint()
    for (let i = 0; i < length; i++) {
      const weight = reader.f64()
      const sketch = readSketch(reader)
      if (sketch === undefined || !(weight >= 1) || state.byWeight.has(weight)) return undefined
      state.byWeight.set(weight, sketch)
    }
    return state
  },
} satisfies Sketch<DistinctState> & Readonly<Record<string, unknown>>

function sketchOf(state: DistinctState, weight: number): HyperLogLog {
  let sketch = state.byWeight.get(weight)
  if (sketch === undefined) {
    sketch = { coupons: [], registers: undefined }
    state.byWeight.set(weight, sketch)
  }
  return sketch
}

function writeSketch(writer: ByteWriter, sketch: Readonly<HyperLogLog>): void {
  if (sketch.registers !== undefined) {
    writer.u8(FULL)
    writer.raw(sketch.registers)
    return
  }
  writer.u8(LIST)
  writer.varint(sketch.coupons.length)
  let before = 0
  for (const coupon of sketch.coupons) {
    writer.varint(coupon - before)
    before = coupon
  }
}

function readSketch(reader: ByteReader): HyperLogLog | undefined {
  if (reader.u8() === FULL) {
    const registers = reader.raw(REGISTERS).slice()
    const isSound = registers.length === REGISTERS && registers.every((rank) => rank < 64)
    return isSound ? { coupons: [], registers } : undefined
  }
  const length = reader.varint()
  if (!reader.ok || length > COUPONS_MAX) return undefined
  const coupons: number[] = []
  let coupon = 0
  for (let i = 0; i < length; i++) {
    const step = reader.varint()
    coupon += step
    if (!reader.ok || step === 0 || coupon >= COUPON_END) return undefined
    coupons.push(coupon)
  }
  return { coupons, registers: undefined }
}
