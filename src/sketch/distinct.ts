import { COUPON_END } from './coupon.ts'
import { distinctEstimate } from './distinct-estimate.ts'
import {
  addCoupon,
  COUPONS_MAX,
  mergeHyperLogLog,
  REGISTERS,
  type HyperLogLog,
} from './hyper-log-log.ts'
import type { ByteReader, ByteWriter } from '../std/bytes.ts'
import type { Sketch } from './sketch.ts'

const LIST = 0
const FULL = 1

/**
 * One sketch for each weight that its rows had, because estimates scale and sketches do not: in
 * order of the weights. Nearly always there is one, of a few values, so a map would be most of it.
 */
export type DistinctState = { byWeight: Weighted[] }

type Weighted = HyperLogLog & { readonly weight: number }

/**
 * How many different values (HyperLogLog: Flajolet, Fusy, Gandouet and Meunier, 2007), by the
 * formulas of Z10: exact up to 256 values of one weight, then with a standard error of 1.63 %.
 */
export const distinct = {
  zero: (): DistinctState => ({ byWeight: [] }),
  /** Rows sampled by request count at weight 1: their sessions are all seen (formats.md 1.1). */
  add(state: DistinctState, coupon: number, weight: number): DistinctState {
    addCoupon(sketchOf(state, weight), coupon)
    return state
  },
  merge(into: DistinctState, from: Readonly<DistinctState>): DistinctState {
    for (const sketch of from.byWeight) mergeHyperLogLog(sketchOf(into, sketch.weight), sketch)
    return into
  },
  /** Each value at the least weight it was seen with; undefined until something was (V2). */
  result: (state: Readonly<DistinctState>): number | undefined => distinctEstimate(state.byWeight),
  /** Gives back the room that adding left over, for a state that will hardly change. */
  trim(state: DistinctState): void {
    for (const sketch of state.byWeight) sketch.coupons = sketch.coupons.slice()
  },
  /** n, then by rising weight: f64 weight, then u8 0 and coupon steps, or u8 1 and registers. */
  write(writer, state) {
    writer.varint(state.byWeight.length)
    for (const sketch of state.byWeight) {
      writer.f64(sketch.weight)
      writeSketch(writer, sketch)
    }
  },
  read(reader) {
    const length = reader.varint()
    // Nine bytes an entry at least; as long as needed and no longer, as for quantiles.
    if (!reader.ok || length > reader.end - reader.at) return undefined
    const byWeight = new Array<Weighted>(length)
    let before = 0
    for (let i = 0; i < length; i++) {
      const weight = reader.f64()
      const sketch = readSketch(reader, weight)
      if (sketch === undefined || !(weight >= 1) || weight <= before) return undefined
      byWeight[i] = sketch
      before = weight
    }
    return { byWeight }
  },
} satisfies Sketch<DistinctState> & Readonly<Record<string, unknown>>

function sketchOf(state: DistinctState, weight: number): HyperLogLog {
  const { byWeight } = state
  let low = 0
  let high = byWeight.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (byWeight[middle]!.weight < weight) low = middle + 1
    else high = middle
  }
  const found = byWeight[low]
  if (found?.weight === weight) return found
  const sketch = { weight, coupons: [], registers: undefined }
  // Room for one: a list that grows takes room for seventeen.
  if (byWeight.length === 0) state.byWeight = [sketch]
  else byWeight.splice(low, 0, sketch)
  return sketch
}

function writeSketch(writer: ByteWriter, sketch: Readonly<HyperLogLog>): void {
  if (sketch.registers !== undefined) {
    writer.u8(FULL)
    writer.raw(sketch.registers)
    return
  }
  writeList(writer, sketch.coupons, { start: 0, end: sketch.coupons.length })
}

type Run = { readonly start: number; readonly end: number }

function writeList(writer: ByteWriter, coupons: ArrayLike<number>, { start, end }: Run): void {
  writer.u8(LIST)
  writer.varint(end - start)
  let before = 0
  for (let i = start; i < end; i++) {
    writer.varint(coupons[i]! - before)
    before = coupons[i]!
  }
}

/** A state of one weight and of at most `COUPONS_MAX` coupons, as a run of a larger array. */
export const distinctRun = {
  /** The payload that `distinct.write` makes of the same state. */
  write(writer: ByteWriter, coupons: Float64Array, run: Run & { readonly weight: number }): void {
    writer.varint(run.end > run.start ? 1 : 0)
    if (run.end === run.start) return
    writer.f64(run.weight)
    writeList(writer, coupons, run)
  },
  /** The same state, for more weights or coupons than a run can hold. */
  unpack: (coupons: Float64Array, { start, end, weight }: Run & { readonly weight: number }) => ({
    byWeight: [{ weight, coupons: Array.from(coupons.subarray(start, end)), registers: undefined }],
  }),
} as const

function readSketch(reader: ByteReader, weight: number): Weighted | undefined {
  const kind = reader.u8()
  if (kind === FULL) {
    const registers = reader.raw(REGISTERS).slice()
    const isSound = registers.length === REGISTERS && registers.every((rank) => rank < 64)
    return isSound ? { weight, coupons: [], registers } : undefined
  }
  const length = reader.varint()
  if (kind !== LIST || !reader.ok || length > COUPONS_MAX) return undefined
  const coupons = new Array<number>(length)
  let coupon = 0
  for (let i = 0; i < length; i++) {
    const step = reader.varint()
    coupon += step
    if (!reader.ok || step === 0 || coupon >= COUPON_END) return undefined
    coupons[i] = coupon
  }
  return { weight, coupons, registers: undefined }
}
