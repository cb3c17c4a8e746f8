import type { ByteColumn, RecordColumns } from '../../model/record-columns.ts'
import type { BatchHeader, RejectReason } from './batch-header.ts'
import { plainCodecs, type Codecs } from './codecs.ts'
import { RecordArena } from './record-arena.ts'

/** Rows of one run; a batch that would pass it begins the next run. */
const ROWS_MAX = 2 ** 20

/** Offsets [from, next) that could not be read, and why. */
export type RejectedBatch = {
  readonly from: number
  readonly next: number
  readonly reason: RejectReason
  /** The first bytes, at most 256, a copy. */
  readonly sample: Uint8Array
}

/** What of whole batches is not shown. */
export interface BatchFilter {
  /**
   * Asked about each batch in order, control batches too, before its records are read; true: it
   * gives no rows. The batch stands at `bytes[at]`, its CRC has been checked. A batch before which
   * a run was cut is asked about again in the next one; a control batch never is.
   */
  isDropped(header: BatchHeader, bytes: Uint8Array, at: number): boolean
}

/**
 * Where a scan writes to: columns that grow and are reused. The scanner alone writes; whoever reads
 * them does so before the next scan.
 */
export class ScannedColumns implements RecordColumns {
  count = 0
  offsets: Float64Array
  times: Float64Array
  keys: { -readonly [name in keyof ByteColumn]: ByteColumn[name] }
  values: { -readonly [name in keyof ByteColumn]: ByteColumn[name] }
  /** The offset after the last batch that was scanned or rejected. */
  next = 0
  /** Offsets below it are not delivered. */
  first = 0
  /** Offsets from it on cannot be: a batch that reaches it is rejected (`offsets`). */
  limit = Number.MAX_SAFE_INTEGER
  /** Index after the last byte that was scanned or rejected. */
  consumed = 0
  rejected: RejectedBatch[] = []
  /** Why the scan stands at `consumed` and knows no way on; see `findBatch`. */
  stuck: RejectReason | undefined
  /** By what batches are checked and inflated. */
  readonly codecs: Codecs
  filter: BatchFilter | undefined
  /** Where the records of a run lie in which a batch was compressed. */
  readonly arena = new RecordArena()

  constructor(capacity = 1024, codecs: Codecs = plainCodecs) {
    this.codecs = codecs
    this.offsets = new Float64Array(capacity)
    this.times = new Float64Array(capacity)
    const bytes = new Uint8Array(0)
    const column = () => ({ starts: new Int32Array(capacity), lengths: new Int32Array(capacity) })
    this.keys = { bytes, ...column() }
    this.values = { bytes, ...column() }
  }

  /** Empties the columns and says what the next scan may meet. */
  reset({ next, first = next, limit = Number.MAX_SAFE_INTEGER, filter }: ScanBounds): void {
    this.count = 0
    this.filter = filter
    this.arena.reset()
    this.next = next
    this.first = first
    this.limit = limit
    this.rejected = []
    this.stuck = undefined
  }

  /** Moves the rows so far, which stand in `bytes`, where `bytes` stood at index `from`. */
  moveToArena(bytes: Uint8Array | undefined, from: number): void {
    if (bytes === undefined) return
    this.arena.lay(bytes)
    this.arena.used = bytes.length
    for (const { starts } of [this.keys, this.values]) {
      for (let row = 0; row < this.count; row++) starts[row]! -= from
    }
  }

  /** Makes room for so many rows more; false where the run is full and has to be cut. */
  reserve(more: number): boolean {
    const wanted = this.count + more
    if (wanted <= this.offsets.length) return true
    if (this.count > 0 && wanted > ROWS_MAX) return false
    const capacity = Math.max(this.offsets.length * 2, wanted)
    this.offsets = grown(this.offsets, new Float64Array(capacity))
    this.times = grown(this.times, new Float64Array(capacity))
    for (const column of [this.keys, this.values]) {
      column.starts = grown(column.starts, new Int32Array(capacity))
      column.lengths = grown(column.lengths, new Int32Array(capacity))
    }
    return true
  }
}

type ScanBounds = {
  /** The offset expected first: no batch begins below it. */
  readonly next: number
  readonly first?: number
  readonly limit?: number
  /** Asked about every batch of the next scan. */
  readonly filter?: BatchFilter | undefined
}

function grown<T extends Float64Array | Int32Array>(from: T, into: T): T {
  into.set(from)
  return into
}
