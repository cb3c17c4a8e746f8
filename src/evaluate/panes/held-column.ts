import type { AggregateSpec } from '../../model/monitor.ts'
import { assert } from '../../std/assert.ts'
import { ByteArena } from '../../std/byte-arena.ts'
import { ByteReader } from '../../std/bytes.ts'
import { grown } from '../../std/grown.ts'
import type { AggregateState } from '../../sketch/aggregate-state.ts'
import { DistinctMerge, isDistinctPayload } from '../../sketch/distinct-merge.ts'
import type { ExtremumState } from '../../sketch/extrema.ts'
import { mean, type MeanState } from '../../sketch/mean.ts'
import { QuantileMerge, isQuantilePayload } from '../../sketch/quantile-merge.ts'
import { scaleOf } from '../../sketch/sum.ts'
import { HeldErrors, isErrorPayload, type RowList } from './held-errors.ts'

/** A state as it stands in a pane's record; `sampled` is what the pane says of all its rows. */
export type Payload = {
  readonly sampled: boolean
  readonly bytes: Uint8Array
  readonly start: number
  readonly length: number
  readonly version: number
}

/** The states of one aggregate, one a row of a `PaneTable`. */
export interface HeldColumn {
  /** Its number in a pane (formats.md 2). */
  readonly code: number
  grow(size: number): void
  /** Whether these bytes are a state of this aggregate. */
  isSound(payload: Payload): boolean
  /** Keeps a sound state in a row that has none, or in the place of another. */
  put(row: number, payload: Payload): void
  clear(row: number): void
  /** The result over these rows, NaN where it is undefined. */
  merge(list: RowList): number
  /** The same as a state, which may be one of the column's own until it merges again. */
  stateOf(list: RowList): AggregateState
}

/** A column for one aggregate; sketches lie as they travelled in the arena. */
export function heldColumn(spec: AggregateSpec, arena: ByteArena): HeldColumn {
  switch (spec.kind) {
    case 'count':
      return new CountColumn(arena)
    case 'sum':
      return new SumColumn(arena, spec.digits)
    case 'min':
      return new ExtremumColumn(3, Infinity)
    case 'max':
      return new ExtremumColumn(4, -Infinity)
    case 'mean':
      return new MeanColumn()
    case 'quantile':
      return new QuantileColumn(arena, spec.q ?? 0.5)
    case 'distinct':
      return new DistinctColumn(arena)
  }
}

// One reader for all columns: each call opens it anew.
const reader = new ByteReader(new Uint8Array(0))
const opened = ({ bytes, start, length }: Payload): ByteReader =>
  reader.open(bytes, start, start + length)

/** Nothing is left unread and nothing was read beyond the end. */
const isWhole = (): boolean => reader.ok && reader.at === reader.end

class NumberColumn {
  protected first = new Float64Array(0)

  grow(size: number): void {
    this.first = grown(this.first, size)
  }

  /** A free row is written before it is read again. */
  clear(_row: number): void {}
}

/** A total with the error of its sample: version 2 carries it, and version 1 knows of none. */
class TotalColumn extends NumberColumn {
  protected readonly errors: HeldErrors

  constructor(arena: ByteArena) {
    super()
    this.errors = new HeldErrors(arena)
  }

  override grow(size: number): void {
    super.grow(size)
    this.errors.grow(size)
  }

  override clear(row: number): void {
    this.errors.clear(row)
  }

  protected putError(row: number, { bytes, version, sampled }: Payload): void {
    if (version === 2) this.errors.put(row, { bytes, at: reader.at, end: reader.end })
    else if (sampled) this.errors.putUnknown(row)
    else this.errors.clear(row)
  }

  merge({ rows, count }: RowList): number {
    let sum = 0
    for (let i = 0; i < count; i++) sum += this.first[rows[i]!]!
    return sum
  }
}

class CountColumn extends TotalColumn implements HeldColumn {
  readonly code = 1

  isSound(payload: Payload): boolean {
    const from = opened(payload)
    if (from.svarint() < 0) return false
    if (payload.version === 2) return isErrorPayload(reader)
    return payload.version === 1 && isWhole()
  }

  put(row: number, payload: Payload): void {
    this.first[row] = opened(payload).svarint()
    this.putError(row, payload)
  }

  stateOf(list: RowList): AggregateState {
    return { count: this.merge(list), error: this.errors.merge(list) }
  }
}

class SumColumn extends TotalColumn implements HeldColumn {
  readonly code = 2
  readonly #digits: number
  readonly #scale: number

  constructor(arena: ByteArena, digits: number) {
    super(arena)
    this.#digits = digits
    this.#scale = scaleOf(digits)
  }

  isSound(payload: Payload): boolean {
    const from = opened(payload)
    if (from.u8() !== this.#digits) return false
    from.svarint()
    if (payload.version === 2) return isErrorPayload(reader)
    // What version 1 says of errors is read and left.
    if (from.at < from.end && from.svarint() < 0) return false
    return payload.version === 1 && isWhole()
  }

  put(row: number, payload: Payload): void {
    const from = opened(payload)
    from.u8()
    this.first[row] = from.svarint()
    this.putError(row, payload)
  }

  override merge(list: RowList): number {
    return super.merge(list) / this.#scale
  }

  stateOf(list: RowList): AggregateState {
    const units = super.merge(list)
    return { digits: this.#digits, units, error: this.errors.merge(list) }
  }
}

class ExtremumColumn extends NumberColumn implements HeldColumn {
  readonly code: number
  readonly #zero: number

  constructor(code: number, zero: number) {
    super()
    this.code = code
    this.#zero = zero
  }

  isSound(payload: Payload): boolean {
    if (payload.version !== 1) return false
    return payload.length === 0 || (Number.isFinite(opened(payload).f64()) && isWhole())
  }

  put(row: number, payload: Payload): void {
    this.first[row] = payload.length === 0 ? this.#zero : opened(payload).f64()
  }

  merge(list: RowList): number {
    const { value } = this.stateOf(list)
    return Number.isFinite(value) ? value : NaN
  }

  stateOf({ rows, count }: RowList): ExtremumState {
    const isMin = this.#zero > 0
    let value = this.#zero
    for (let i = 0; i < count; i++) {
      const each = this.first[rows[i]!]!
      if (isMin ? each < value : each > value) value = each
    }
    return { value }
  }
}

class MeanColumn extends NumberColumn implements HeldColumn {
  readonly code = 5
  #counts = new Float64Array(0)

  override grow(size: number): void {
    super.grow(size)
    this.#counts = grown(this.#counts, size)
  }

  isSound(payload: Payload): boolean {
    const from = opened(payload)
    from.svarint()
    from.varint()
    return payload.version === 1 && isWhole()
  }

  put(row: number, payload: Payload): void {
    const from = opened(payload)
    this.first[row] = from.svarint()
    this.#counts[row] = from.varint()
  }

  merge(list: RowList): number {
    return mean.result(this.stateOf(list)) ?? NaN
  }

  stateOf({ rows, count }: RowList): MeanState {
    let units = 0
    let values = 0
    for (let i = 0; i < count; i++) {
      units += this.first[rows[i]!]!
      values += this.#counts[rows[i]!]!
    }
    return { units, count: values }
  }
}

/** Payloads kept as they are: decoded they would take several times the room. */
class PayloadColumn {
  protected readonly arena: ByteArena
  protected starts = new Int32Array(0)
  /** 0: the row has none. */
  protected lengths = new Int32Array(0)

  constructor(arena: ByteArena) {
    this.arena = arena
  }

  grow(size: number): void {
    this.starts = grown(this.starts, size)
    this.lengths = grown(this.lengths, size)
  }

  put(row: number, { bytes, start, length }: Payload): void {
    assert(length > 0, 'a sound payload has a length')
    this.clear(row)
    this.starts[row] = this.arena.keep(bytes, start, length)
    this.lengths[row] = length
  }

  clear(row: number): void {
    if (this.lengths[row] === 0) return
    this.arena.release(this.starts[row]!, this.lengths[row]!)
    this.lengths[row] = 0
  }
}

class QuantileColumn extends PayloadColumn implements HeldColumn {
  readonly code = 6
  readonly #rank: number
  readonly #sum = new QuantileMerge()

  constructor(arena: ByteArena, rank: number) {
    super(arena)
    this.#rank = rank
  }

  isSound(payload: Payload): boolean {
    return payload.version === 1 && isQuantilePayload(opened(payload))
  }

  merge(list: RowList): number {
    return this.#merged(list).result(this.#rank) ?? NaN
  }

  stateOf(list: RowList): AggregateState {
    return this.#merged(list).state()
  }

  #merged({ rows, count }: RowList): QuantileMerge {
    const sum = this.#sum
    sum.clear()
    for (let i = 0; i < count; i++) {
      const start = this.starts[rows[i]!]!
      sum.add(this.arena.bytes, start, start + this.lengths[rows[i]!]!)
    }
    return sum
  }
}

class DistinctColumn extends PayloadColumn implements HeldColumn {
  readonly code = 7
  readonly #union = new DistinctMerge()

  isSound(payload: Payload): boolean {
    return payload.version === 1 && isDistinctPayload(opened(payload))
  }

  merge(list: RowList): number {
    return this.#merged(list).result() ?? NaN
  }

  stateOf(list: RowList): AggregateState {
    return { byWeight: this.#merged(list).sketches() }
  }

  #merged({ rows, count }: RowList): DistinctMerge {
    const union = this.#union
    union.clear()
    for (let i = 0; i < count; i++) {
      const start = this.starts[rows[i]!]!
      union.add(this.arena.bytes, start, start + this.lengths[rows[i]!]!)
    }
    return union
  }
}
