import { NocturneError } from '../../../model/nocturne-error.ts'
import {
  BATCH_BYTES_MAX,
  BATCH_HEADER_BYTES,
  i32,
} from '../../../wire/record-batch/batch-header.ts'
import { findBatch, scanBatches } from '../../../wire/record-batch/batch-scanner.ts'
import { ScannedColumns } from '../../../wire/record-batch/scanned-columns.ts'
import type { LogBatch, RejectedRange } from '../../log.ts'
import { unreadable } from './unreadable.ts'
import type { PartitionView, ReadablePartition } from './readable-partition.ts'
import type { OpenSegment, Segment } from '../segment/segment.ts'

/** A run is at most so many bytes whatever the caller asks for: reads stay short. */
const RUN_BYTES_MAX = 8 * 1_048_576

/** A reader that is no further behind than this reads what was appended moments ago. */
const FRESH_BYTES_MAX = 65_536

/** Where a reader stands in one segment. */
type Stand = {
  readonly segment: Segment
  readonly open: OpenSegment
  /** Position in the file of the first byte not delivered. */
  position: number
  /** No batch there begins below. */
  next: number
}

/**
 * Reads one partition in runs. One buffer and one set of columns are reused, so a run is valid
 * until the next is asked for; at most one run is in memory.
 */
export class PartitionReader {
  readonly #partition: ReadablePartition
  readonly #bytesMax: number
  readonly #columns: ScannedColumns
  #offset: number
  #stand: Stand | undefined
  #busy: Promise<LogBatch | undefined> = Promise.resolve(undefined)
  #closed: Promise<void> | undefined
  #buffer = new Uint8Array(0)
  /** Bytes loaded and not delivered: buffer[#from, #to) stand at the stand's position. */
  #from = 0
  #to = 0

  constructor(
    partition: ReadablePartition,
    from: { readonly offset: number; readonly bytesMax: number },
  ) {
    this.#partition = partition
    this.#columns = new ScannedColumns(undefined, partition.codecs)
    this.#offset = from.offset
    this.#bytesMax = Math.min(Math.max(from.bytesMax, BATCH_HEADER_BYTES), RUN_BYTES_MAX)
  }

  /**
   * The next run; waits for it at the end of the log. Undefined once the signal aborts.
   * @throws LOG_OFFSET_OUT_OF_RANGE, LOG_UNREADABLE.
   */
  next(signal: AbortSignal): Promise<LogBatch | undefined> {
    this.#busy = this.#next(signal)
    return this.#busy
  }

  /** Lets go of the files once the read under way has ended; its signal has aborted. */
  close(): Promise<void> {
    this.#closed ??= this.#release()
    return this.#closed
  }

  async #release(): Promise<void> {
    await Promise.allSettled([this.#busy])
    const stand = this.#stand
    this.#stand = undefined
    await stand?.segment.drop()
  }

  async #next(signal: AbortSignal): Promise<LogBatch | undefined> {
    try {
      while (!signal.aborted) {
        const batch = await this.#turn(signal)
        if (batch && !signal.aborted) return batch
      }
      return undefined
    } catch (error) {
      // A log that closes fails what is asked of it: the loop ends then, as for any other abort.
      if (signal.aborted) return undefined
      throw unreadable(error, this.#partition.at)
    }
  }

  async #turn(signal: AbortSignal): Promise<LogBatch | undefined> {
    const { at } = this.#partition
    const view = await this.#partition.look()
    const { start, end } = view
    if (this.#offset < start || this.#offset > end) {
      const where = `${this.#offset} in ${at.topic}/${at.partition}`
      throw new NocturneError('LOG_OFFSET_OUT_OF_RANGE', `${where}, which has ${start} to ${end}`)
    }
    if (this.#offset < end) return this.#advance(view)
    await this.#partition.more(view, signal)
    return undefined
  }

  /** One step towards the visible end; undefined where it gave no rows. */
  async #advance(view: PartitionView): Promise<LogBatch | undefined> {
    const stand = await this.#standIn(view)
    if (stand === undefined) return undefined
    const bounds = boundsOf(stand.segment, view)
    const { limitBytes, limit } = bounds
    if (stand.position >= limitBytes) return this.#leave(stand, bounds)
    const left = limitBytes - stand.position
    const isFresh = stand.segment === view.segments.at(-1) && left <= FRESH_BYTES_MAX
    await this.#fill(stand, Math.min(this.#bytesMax, left), isFresh)
    this.#scan(stand, limit)
    if (this.#columns.consumed === this.#from && this.#columns.stuck === undefined) {
      const size = i32(this.#buffer, this.#from + 8) + 12
      const isThere = size <= BATCH_BYTES_MAX && size <= limitBytes - stand.position
      if (isThere) await this.#fill(stand, size)
      if (isThere) this.#scan(stand, limit)
      if (this.#columns.consumed === this.#from) this.#columns.stuck ??= 'length'
    }
    const { consumed, stuck } = this.#columns
    if (stuck !== undefined && consumed === this.#from) return this.#salvage(stand, bounds)
    return this.#deliver(stand, bounds.end)
  }

  /** Where we stand; undefined where the files changed under us and another look is needed. */
  async #standIn({ segments }: PartitionView): Promise<Stand | undefined> {
    const there = this.#stand
    if (there !== undefined && segments.includes(there.segment)) return there
    this.#stand = undefined
    await there?.segment.drop()
    const segment = segments.findLast(({ base }) => base <= this.#offset) ?? segments[0]!
    const open = await this.#hold(segment)
    if (open === undefined) return undefined
    const { position, offset } = open.index.before(this.#offset)
    this.#from = 0
    this.#to = 0
    this.#stand = { segment, open, position, next: offset }
    return this.#stand
  }

  /** Opens a segment; undefined where retention or compaction took it away meanwhile. */
  async #hold(segment: Segment): Promise<OpenSegment | undefined> {
    let open: OpenSegment
    try {
      open = await segment.hold()
    } catch (error) {
      if (await this.#isThere(segment)) throw error
      return undefined
    }
    if (await this.#isThere(segment)) return open
    await segment.drop()
    return undefined
  }

  async #isThere(segment: Segment): Promise<boolean> {
    return (await this.#partition.look()).segments.includes(segment)
  }

  /** Goes on to the next segment. Rows that are missing before it are told, but for compaction. */
  async #leave(stand: Stand, { limit, end }: Bounds): Promise<LogBatch | undefined> {
    this.#stand = undefined
    await stand.segment.drop()
    const from = Math.max(stand.next, this.#offset)
    this.#offset = Math.max(this.#offset, limit)
    if (from >= limit || this.#partition.isCompacted) return undefined
    const range = { from, next: limit, reason: 'length', sample: new Uint8Array(0) }
    return this.#rejection(from, range, end)
  }

  /** Loads so many bytes from the stand's position on, keeping those that are there. */
  async #fill({ open, position }: Stand, size: number, isFresh = false): Promise<void> {
    const there = this.#to - this.#from
    if (there >= size) return
    if (this.#buffer.length < size) {
      const grown = new Uint8Array(size)
      grown.set(this.#buffer.subarray(this.#from, this.#to))
      this.#buffer = grown
    } else {
      this.#buffer.copyWithin(0, this.#from, this.#to)
    }
    this.#from = 0
    this.#to = there
    const into = this.#buffer.subarray(there, size)
    this.#to += await open.file.read(into, position + there, isFresh)
  }

  #scan(stand: Stand, limit: number): void {
    this.#columns.reset({ next: stand.next, first: this.#offset, limit })
    scanBatches(this.#buffer, { from: this.#from, to: this.#to }, this.#columns)
  }

  #deliver(stand: Stand, end: number): LogBatch | undefined {
    const { count, offsets, times, keys, values, consumed, next } = this.#columns
    const base = this.#offset
    const raw = this.#buffer.subarray(this.#from, consumed)
    stand.position += consumed - this.#from
    stand.next = next
    this.#from = consumed
    this.#offset = Math.max(base, next)
    const rejected = this.#columns.rejected.filter((range) => range.next > base)
    for (const range of rejected) this.#partition.quarantine(range)
    if (count === 0 && rejected.length === 0) return undefined
    const place = { ...this.#partition.at, base, next: this.#offset, end }
    return { ...place, raw, rejected, count, offsets, times, keys, values }
  }

  /** Bytes whose boundary is lost: what follows them is looked for in the rest of the segment. */
  async #salvage(stand: Stand, { limitBytes, limit, end }: Bounds): Promise<LogBatch | undefined> {
    const rest = new Uint8Array(limitBytes - stand.position)
    await stand.open.file.read(rest, stand.position)
    const bounds = { next: stand.next, limit }
    const found = findBatch(rest, { from: 1, to: rest.length }, bounds)
    const from = stand.next
    const reason = this.#columns.stuck ?? 'length'
    stand.position += found.at
    stand.next = found.base
    this.#from = 0
    this.#to = 0
    if (found.base <= this.#offset) return undefined
    const base = this.#offset
    this.#offset = found.base
    this.#columns.reset({ next: found.base })
    const range = { from, next: found.base, reason, sample: rest.slice(0, 256) }
    return this.#rejection(base, range, end)
  }

  #rejection(base: number, range: RejectedRange, end: number): LogBatch {
    this.#partition.quarantine(range)
    const { offsets, times, keys, values } = this.#columns
    const place = { ...this.#partition.at, base, next: range.next, end }
    const raw = new Uint8Array(0)
    return { ...place, raw, rejected: [range], count: 0, offsets, times, keys, values }
  }
}

/** How far a segment may be read: bytes, the offset that follows them, and the log's end. */
type Bounds = { readonly limitBytes: number; readonly limit: number; readonly end: number }

function boundsOf(segment: Segment, { segments, bytes, end }: PartitionView): Bounds {
  const after = segments[segments.indexOf(segment) + 1]
  if (after === undefined) return { limitBytes: bytes, limit: end, end }
  return { limitBytes: segment.size, limit: after.base, end }
}
