import { NocturneError } from '../../model/nocturne-error.ts'
import type { Clock } from '../../std/clock.ts'
import type { Codecs } from '../../wire/record-batch/codecs.ts'
import type { LogRecord, RejectedRange, TopicSpec } from '../log.ts'
import { AppendQueue, type WriteTurn } from './append-queue.ts'
import type { AppendTicket } from './append-ticket.ts'
import type { Disk, DiskFile } from './disk.ts'
import type { EmbeddedLimits } from './embedded-limits.ts'
import type { FreeSpace } from './free-space.ts'
import { GroupCommit, type Mark } from './group-commit.ts'
import type { LogCounters } from './log-counters.ts'
import type { At, LogMeta } from './log-meta.ts'
import { SegmentIndex } from './segment-index.ts'
import { Segment, unlinkIfThere } from './segment.ts'
import { Waiters } from './waiters.ts'

/** What all partitions of one log share. */
export type LogHouse = {
  readonly disk: Disk
  readonly clock: Clock
  readonly limits: EmbeddedLimits
  readonly meta: LogMeta
  readonly counters: LogCounters
  readonly space: FreeSpace
  readonly codecs: Codecs
}

/** What recovery found of a partition. */
export type RecoveredPartition = {
  /** In order of offset; the last one is active, and held. */
  readonly segments: readonly Segment[]
  readonly file: DiskFile
  readonly index: SegmentIndex
  readonly start: number
  readonly end: number
  /** Greatest append time of the active segment, or −1. */
  readonly timeMax: number
}

/** How far readers may go: `mark.bytes` are of the active segment. */
export type Visible = { readonly mark: Mark; readonly active: Segment }

/**
 * The files of one partition. Appends queue here, one write takes the whole queue, one sync covers
 * all writes before it. After a short write everything behind it fails and offsets roll back, so
 * that survivors never overtake; after a failed write or sync the partition is poisoned.
 */
export class PartitionLog {
  readonly at: At
  /** Replaced when the topic's retention is changed. */
  spec: TopicSpec
  readonly folder: string
  /** Readers that wait at the end. */
  readonly appended = new Waiters()
  /** In order of offset, the last one active; retention and compaction replace the others. */
  segments: readonly Segment[]
  start: number
  readonly #house: LogHouse
  readonly #queue: AppendQueue
  readonly #commit: GroupCommit
  #index: SegmentIndex
  #activeSince: number | undefined
  #written: Mark
  #synced: Mark
  #writtenTime: number
  #writing: Promise<void> | undefined
  #inFlight = 0
  #isRollWanted = false
  /** Resolved by the next sync, whatever becomes of it. */
  #syncing = Promise.withResolvers<void>()
  #poison: NocturneError | undefined

  constructor(
    house: LogHouse,
    { at, spec, folder }: { readonly at: At; readonly spec: TopicSpec; readonly folder: string },
    found: RecoveredPartition,
  ) {
    const { limits, clock, codecs } = house
    this.#house = house
    this.at = at
    this.spec = spec
    this.folder = folder
    this.segments = found.segments
    this.start = found.start
    this.#index = found.index
    const active = this.active
    this.#written = { offset: found.end, bytes: active.size }
    this.#synced = this.#written
    this.#writtenTime = found.timeMax
    this.#activeSince = active.size > 0 ? Math.min(clock.now(), found.timeMax) : undefined
    const { batchBytes } = limits
    const queued = { end: found.end, time: found.timeMax }
    this.#queue = new AppendQueue({ batchBytes, codecs }, queued)
    this.#commit = new GroupCommit(found.file, {
      clock,
      delayMs: spec.durability === 'interval' ? limits.syncMs : 0,
      synced: (mark) => this.#onSynced(mark),
      failed: (error) => this.#onSyncFailed(error),
    })
  }

  /** By what readers check batches. */
  get codecs(): Codecs {
    return this.#house.codecs
  }

  get active(): Segment {
    return this.segments.at(-1)!
  }

  get visible(): Visible {
    const isShownWritten = this.spec.durability === 'interval' && this.#poison === undefined
    return { mark: isShownWritten ? this.#written : this.#synced, active: this.active }
  }

  /** The next offset that readers will get. */
  get end(): number {
    return this.visible.mark.offset
  }

  get isPoisoned(): boolean {
    return this.#poison !== undefined
  }

  /** Bytes of all segments. */
  get size(): number {
    return this.segments.reduce((sum, { size }) => sum + size, 0)
  }

  /** Queues the rows; the ticket is told when they are durable. @throws LOG_FULL, LOG_POISONED. */
  append(rows: readonly LogRecord[], bytes: number, ticket: AppendTicket): void {
    if (this.#poison !== undefined) throw this.#poison
    const { counters, limits, clock, space } = this.#house
    const refusal = space.refusal(this.at.topic)
    if (refusal !== undefined) {
      counters.spaceRefusals++
      throw new NocturneError('LOG_FULL', refusal)
    }
    const waiting = this.#queue.bytes + this.#inFlight
    const isFull =
      (waiting > 0 && waiting + bytes > limits.queueBytesMax) ||
      counters.queueBytes + bytes > limits.queueBytesTotalMax
    if (isFull) {
      counters.queueRefusals++
      throw new NocturneError('LOG_FULL', `${this.#name} has ${waiting} bytes waiting`)
    }
    ticket.expect()
    const before = this.#queue.bytes
    this.#queue.add(rows, clock.now(), ticket)
    counters.queueBytes += this.#queue.bytes - before
    this.#writing ??= this.#write()
  }

  /** Seals the active segment if its first row is that old. */
  async rollIfOlder(ms: number): Promise<void> {
    const since = this.#activeSince
    if (since === undefined || this.#house.clock.now() - since < ms) return
    this.#isRollWanted = true
    this.#writing ??= this.#write()
    await this.#writing
  }

  /** Removes the oldest sealed segments; the new start is durable before the first file goes. */
  async dropOldest(count: number): Promise<void> {
    const dropped = this.segments.slice(0, count)
    const start = this.segments[count]!.base
    this.#house.meta.putStart(this.at, start)
    this.start = start
    this.segments = this.segments.slice(count)
    // Whoever holds one reads it to its end: the files go when the last one lets go of them.
    for (const { path } of dropped) {
      await unlinkIfThere(this.#house.disk, `${path}.log`)
      await unlinkIfThere(this.#house.disk, `${path}.idx`)
    }
    await this.#house.disk.syncFolder(this.folder)
  }

  /** Puts a compacted segment in the place of a sealed one, or nothing. */
  replaceSegment(sealed: Segment, by: Segment | undefined): void {
    this.segments = this.segments.flatMap((segment) =>
      segment !== sealed ? [segment] : by === undefined ? [] : [by],
    )
  }

  /** Remembers damaged bytes that a reader met. */
  quarantine(range: RejectedRange): void {
    const { meta, clock, counters } = this.#house
    if (meta.quarantine(this.at, range, clock.now())) counters.quarantinedRanges++
  }

  /** Resolves when nothing is being written or synced. */
  async settled(): Promise<void> {
    await this.#writing
    await this.#commit.flush()
  }

  /** Resolves when all rows are that lie before the offset by now. @throws LOG_POISONED. */
  async durable(offset: number): Promise<void> {
    const to = Math.min(offset, this.#written.offset)
    while (to > this.#synced.offset) {
      if (this.#poison !== undefined) throw this.#poison
      await this.#syncing.promise
    }
  }

  /** Where it ended, if all is durable; undefined when poisoned. Appends have stopped. */
  async close(): Promise<Mark | undefined> {
    await this.settled()
    try {
      if (this.#poison !== undefined) return undefined
      const { offset, bytes } = this.#written
      const end = { offset, position: bytes, timeBefore: this.#writtenTime }
      await this.active.seal(this.#index, end)
      return this.#written
    } finally {
      await this.active.drop()
    }
  }

  async #write(): Promise<void> {
    // The caller's turn ends first: what it appends after this call goes into the same write.
    await undefined
    while (this.#queue.bytes > 0 || this.#isRollWanted) {
      const turn = this.#queue.take(this.#house.clock.now())
      this.#inFlight = turn.bytes.length
      await this.#writeOrUndo(turn)
      this.#inFlight = 0
      this.#house.counters.queueBytes -= turn.bytes.length
    }
    this.#writing = undefined
  }

  async #writeOrUndo(turn: WriteTurn): Promise<void> {
    try {
      await this.#writeTurn(turn)
    } catch (error) {
      return this.#undo(error, turn)
    }
  }

  async #writeTurn(turn: WriteTurn): Promise<void> {
    const { counters, limits, clock } = this.#house
    if (this.#poison !== undefined) throw this.#poison
    const isOver = this.#written.bytes + turn.bytes.length > limits.segmentBytes
    if (this.#isRollWanted || (isOver && this.#written.bytes > 0)) await this.#roll()
    if (turn.bytes.length === 0) return
    const from = this.#written.bytes
    const count = await this.#commit.file.write(turn.bytes, from)
    if (count !== turn.bytes.length) {
      const detail = `${count} of ${turn.bytes.length} bytes were written to ${this.#name}`
      throw new NocturneError('LOG_FULL', detail)
    }
    if (this.#poison !== undefined) throw this.#poison
    counters.writes++
    counters.writtenBytes += count
    for (const { offset, position, timeBefore } of turn.batches) {
      this.#index.note({ offset, position: from + position, timeBefore })
    }
    this.#activeSince ??= clock.now()
    this.#written = { offset: turn.end, bytes: from + count }
    this.#writtenTime = turn.time
    this.active.size = this.#written.bytes
    this.#commit.written(this.#written, turn.tickets)
    if (this.spec.durability === 'interval') this.appended.wake()
  }

  /** Cuts off what a failed write may have left, and fails it with all that waits behind it. */
  async #undo(error: unknown, turn: WriteTurn): Promise<void> {
    this.#isRollWanted = false
    const outcome = await this.#outcome(error)
    this.#house.counters.queueBytes -= this.#queue.bytes
    const behind = this.#queue.clear(this.#written.offset)
    for (const ticket of [...turn.tickets, ...behind]) ticket.fail(outcome)
  }

  /** What the callers are told. A full disk leaves the partition as it was before the write. */
  async #outcome(error: unknown): Promise<NocturneError> {
    const full = fullOf(error)
    if (full === undefined || this.#poison !== undefined) return this.#poisonBy(error)
    this.#house.space.exhausted()
    try {
      await this.#commit.file.truncate(this.#written.bytes)
    } catch (failure) {
      return this.#poisonBy(failure)
    }
    return full
  }

  /** Seals the active segment: all of it is durable before the next one begins. */
  async #roll(): Promise<void> {
    this.#isRollWanted = false
    const { disk, limits } = this.#house
    await this.#commit.flush()
    if (this.#poison !== undefined) throw this.#poison
    const sealed = this.active
    const { offset, bytes } = this.#written
    if (bytes === 0) return
    const next = new Segment(disk, {
      folder: this.folder,
      base: offset,
      size: 0,
      everyBytes: limits.indexEveryBytes,
    })
    await sealed.seal(this.#index, { offset, position: bytes, timeBefore: this.#writtenTime })
    const file = await this.#create(`${next.path}.log`)
    const index = new SegmentIndex(offset, limits.indexEveryBytes)
    next.adopt({ file, index })
    this.#commit.file = file
    this.#index = index
    this.#written = { offset, bytes: 0 }
    this.#synced = this.#written
    this.#activeSince = undefined
    this.segments = [...this.segments, next]
    await sealed.drop()
  }

  async #create(path: string): Promise<DiskFile> {
    const { disk } = this.#house
    const file = await disk.open(path, 'create')
    try {
      await disk.syncFolder(this.folder)
      return file
    } catch (error) {
      await file.close()
      throw error
    }
  }

  #onSynced(mark: Mark): void {
    this.#house.counters.syncs++
    this.#synced = mark
    this.appended.wake()
    this.#endSync()
  }

  #endSync(): void {
    this.#syncing.resolve()
    this.#syncing = Promise.withResolvers()
  }

  /** The system may have let go of what it could not write, and reads it back all the same. */
  #onSyncFailed(error: unknown): NocturneError {
    const outcome = this.#poisonBy(error)
    try {
      const { bytes } = this.#synced
      this.#house.meta.putSuspect(this.at, { base: this.active.base, bytes })
    } catch (failure) {
      // Then the next opening trusts what it reads: nothing better is left on such a disk.
      outcome.cause = new AggregateError([error, failure])
      return outcome
    }
    return outcome
  }

  #poisonBy(error: unknown): NocturneError {
    if (this.#poison !== undefined) return this.#poison
    this.#poison = new NocturneError('LOG_POISONED', this.#name, { cause: error })
    this.#house.counters.poisonedPartitions++
    this.#endSync()
    return this.#poison
  }

  get #name(): string {
    return `${this.at.topic}/${this.at.partition}`
  }
}

/** LOG_FULL for what a full disk says; undefined for other errors. */
function fullOf(error: unknown): NocturneError | undefined {
  if (error instanceof NocturneError && error.code === 'LOG_FULL') return error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return undefined
  return new NocturneError('LOG_FULL', 'the disk has no room left', { cause: error })
}
