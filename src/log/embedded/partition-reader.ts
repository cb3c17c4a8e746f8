import { NocturneError } from '../../model/nocturne-error.ts'
import { BATCH_BYTES_MAX, BATCH_HEADER_BYTES, i32 } from '../../wire/record-batch/batch-header.ts'
import { findBatch, scanBatches } from '../../wire/record-batch/batch-scanner.ts'
import { ScannedColumns } from '../../wire/record-batch/scanned-columns.ts'
import type { LogBatch, RejectedRange } from '../log.ts'
import type { OpenSegment, Segment } from './segment.ts'
import type { PartitionLog, Visible } from './partition-log.ts'

/** A run is at most so many bytes whatever the caller asks for: reads stay short. */
const RUN_BYTES_MAX = 8 * 1_048_576

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
  readonly #partition: PartitionLog
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
    partition: PartitionLog,
    from: { readonly offset: number; readonly bytesMax: number },
  ) {
    this.#partition = partition
    this.#columns = new ScannedColumns(undefined, partition.codecs)
    this.#offset = from.offset
    this.#bytesMax = Math.min(Math.max(from.bytesMax, BATCH_HEADER_BYTES), RUN_BYTES_MAX)
  }

  /**
   * The next run; waits for it at the end of the log. Undefined once the signal aborts.
   * @throws LOG_OFFSET_OUT_OF_RANGE.
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
    while (!signal.aborted) {
      const { start, end, at } = this.#partition
      if (this.#offset < start || this.#offset > end) {
        const where = `${this.#offset} in ${at.topic}/${at.partition}`
        throw new NocturneError('LOG_OFFSET_OUT_OF_RANGE', `${where}, which has ${start} to ${end}`)
      }
      const batch =
        this.#offset < end
          ? await this.#advance(this.#partition.visible)
          : await this.#partition.appended.wait(signal)
      if (batch && !signal.aborted) return batch
    }
    return undefined
  }

  /** One step towards the visible end; undefined where it gave no rows. */
  async #advance(visible: Visible): Promise<LogBatch | undefined> {
    const stand = this.#stand ?? (await this.#enter())
    const { limitBytes, limit } = this.#limits(stand, visible)
    if (stand.position >= limitBytes) return this.#leave(stand, limit)
    await this.#fill(stand, Math.min(this.#bytesMax, limitBytes - stand.position))
    this.#scan(stand, limit)
    if (this.#columns.consumed === this.#from && this.#columns.stuck === undefined) {
      const size = i32(this.#buffer, this.#from + 8) + 12
      const isThere = size <= BATCH_BYTES_MAX && size <= limitBytes - stand.position
      if (isThere) await this.#fill(stand, size)
      if (isThere) this.#scan(stand, limit)
      if (this.#columns.consumed === this.#from) this.#columns.stuck ??= 'length'
    }
    const { consumed, stuck } = this.#columns
    if (stuck !== undefined && consumed === this.#from) {
      return this.#salvage(stand, { limitBytes, limit, end: visible.mark.offset })
    }
    return this.#deliver(stand, visible.mark.offset)
  }

  /** How far the segment may be read: bytes, and the offset that follows it. */
  #limits({ segment }: Stand, { active, mark }: Visible): { limitBytes: number; limit: number } {
    if (segment === active) return { limitBytes: mark.bytes, limit: mark.offset }
    const after = this.#partition.segments.find(({ base }) => base > segment.base)
    return { limitBytes: segment.size, limit: after?.base ?? mark.offset }
  }

  async #enter(): Promise<Stand> {
    const { segments } = this.#partition
    const segment = segments.findLast(({ base }) => base <= this.#offset) ?? segments[0]!
    const open = await segment.hold()
    const { position, offset } = open.index.before(this.#offset)
    this.#from = 0
    this.#to = 0
    this.#stand = { segment, open, position, next: offset }
    return this.#stand
  }

  /** Goes on to the next segment. Rows that are missing before it are told, but for compaction. */
  async #leave(stand: Stand, limit: number): Promise<LogBatch | undefined> {
    this.#stand = undefined
    await stand.segment.drop()
    const from = Math.max(stand.next, this.#offset)
    this.#offset = Math.max(this.#offset, limit)
    if (from >= limit || this.#partition.spec.cleanup === 'compact') return undefined
    return this.#rejection(from, {
      from,
      next: limit,
      reason: 'length',
      sample: new Uint8Array(0),
    })
  }

  /** Loads so many bytes from the stand's position on, keeping those that are there. */
  async #fill({ open, position }: Stand, size: number): Promise<void> {
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
    this.#to += await open.file.read(into, position + there)
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
  async #salvage(
    stand: Stand,
    { limitBytes, limit, end }: { limitBytes: number; limit: number; end: number },
  ): Promise<LogBatch | undefined> {
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

  #rejection(base: number, range: RejectedRange, end = this.#partition.end): LogBatch {
    this.#partition.quarantine(range)
    const { offsets, times, keys, values } = this.#columns
    const place = { ...this.#partition.at, base, next: range.next, end }
    const raw = new Uint8Array(0)
    return { ...place, raw, rejected: [range], count: 0, offsets, times, keys, values }
  }
}
