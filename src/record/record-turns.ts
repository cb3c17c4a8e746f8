import {
  reachableFrom,
  type Claim,
  type Log,
  type LogBatch,
  type LogRecord,
  type Position,
  type TellGap,
} from '../log/log.ts'
import { bytesOf } from '../model/record-columns.ts'
import type { Clock } from '../std/clock.ts'
import type { Lane } from '../std/lane.ts'
import type { Store } from '../store/store.ts'
import { encodeRejected } from '../wire/rejected-codec.ts'

/** One turn: the most that memory holds and that a crash repeats (D5). About 600 windows. */
const TURN_BYTES_MAX = 262_144
/** What goes to the store at a time: about 3 ms of work, which is all that a page may wait. */
const PIECE_ROWS_MAX = 100
/** Unreadable records told in `rejected` per second; all are counted (formats.md 2). */
const REJECTED_PER_SECOND_MAX = 100
const SAMPLE_BYTES_MAX = 256

/** How far the reader has come, for metrics and for whoever waits for it; it alone writes. */
export type RecordProgress = {
  /** Records handed to the store, repeats included. */
  written: number
  /** Unreadable ones by reason, told in `rejected` or not. */
  readonly rejected: Map<string, number>
  /** Per partition: everything before this offset is in the store. */
  readonly next: Map<number, number>
}

/** What a reader of `record` works with; the app hands all of it in. */
export type RecordDeps = {
  readonly log: Log
  readonly store: Store
  readonly clock: Clock
  /** Shared with whatever else can wait. */
  readonly lane: Lane
  readonly progress: RecordProgress
  /** Absent where nothing can be missing. */
  readonly onGap?: TellGap
}

/** What one topic's reader adds: its codec, and where its records go. */
export type RecordKind<T> = {
  readonly decode: (
    value: Uint8Array,
  ) => { readonly ok: true; readonly record: T } | { readonly ok: false; readonly reason: string }
  readonly upsert: (records: readonly T[]) => Promise<void>
}

/**
 * Copies the claimed partition into the store until the claim's signal aborts; the turn in hand
 * is finished first (D4). A position is good for one store only, whose identity is the note
 * beside it: for another store, made anew after damage, reading begins again at the log's start.
 */
export async function recordTurns<T>(
  deps: RecordDeps,
  claim: Claim,
  kind: RecordKind<T>,
): Promise<void> {
  const { log, store, progress, onGap } = deps
  const identity = await store.migrate()
  const wanted = await resumeAt(log, claim, identity)
  const { offset, gap } = await reachableFrom(log, { at: claim, offset: wanted.offset })
  if (gap !== undefined) onGap?.(gap)
  const position = { ...wanted, offset }
  const refusals = new Refusals(deps)
  for await (const batch of log.read(claim, { position, bytesMax: TURN_BYTES_MAX })) {
    for (let from = 0; from < batch.count; from += PIECE_ROWS_MAX) {
      const to = Math.min(batch.count, from + PIECE_ROWS_MAX)
      await deps.lane.turn()
      const records = decodeSome(batch, { from, to }, { kind, refusals })
      if (records.length > 0) await kind.upsert(records)
      progress.written += records.length
    }
    await refusals.append(batch)
    progress.next.set(claim.partition, batch.next)
    await log.commit(claim, batch.next, identity) // Last, now that all of it is durable (D2).
  }
}

function decodeSome<T>(
  batch: LogBatch,
  { from, to }: { readonly from: number; readonly to: number },
  { kind, refusals }: { readonly kind: RecordKind<T>; readonly refusals: Refusals },
): readonly T[] {
  const records: T[] = []
  for (let row = from; row < to; row++) {
    // An absent value has no bytes, which no codec accepts.
    const value = bytesOf(batch.values, row)
    const decoded = kind.decode(value)
    if (decoded.ok) records.push(decoded.record)
    else refusals.add(batch, { row, value, reason: decoded.reason })
  }
  return records
}

async function resumeAt(log: Log, claim: Claim, identity: string): Promise<Position> {
  const position = await log.position(claim)
  if (position.note === '' || position.note === identity) return position
  const ends = await log.ends(claim.topic)
  return { offset: ends[claim.partition]?.start ?? 0, note: identity }
}

type Refusal = { readonly row: number; readonly value: Uint8Array; readonly reason: string }

/** Counts every refusal, and tells the first ones of each second in `rejected` (W8). */
class Refusals {
  readonly #deps: RecordDeps
  #rows: LogRecord[] = []
  #second = 0
  #left = 0

  constructor(deps: RecordDeps) {
    this.#deps = deps
  }

  add(batch: LogBatch, { row, value, reason }: Refusal): void {
    this.#tell(batch, { position: `offset ${batch.offsets[row]!}`, value, reason })
  }

  async append(batch: LogBatch): Promise<void> {
    for (const { from, next, reason, sample } of batch.rejected) {
      this.#tell(batch, { position: `offset ${from} to ${next - 1}`, value: sample, reason })
    }
    const rows = this.#rows
    this.#rows = []
    if (rows.length > 0) await this.#deps.log.append('rejected', rows)
  }

  #tell(
    { topic, partition }: LogBatch,
    facts: { readonly position: string; readonly value: Uint8Array; readonly reason: string },
  ): void {
    const { clock, progress } = this.#deps
    const { position, value, reason } = facts
    progress.rejected.set(reason, (progress.rejected.get(reason) ?? 0) + 1)
    const at = clock.now()
    if (Math.floor(at / 1_000) !== this.#second) {
      this.#second = Math.floor(at / 1_000)
      this.#left = REJECTED_PER_SECOND_MAX
    }
    if (this.#left-- <= 0) return
    const rejected = {
      v: 1 as const,
      at,
      source: `log:${topic}-${partition}`,
      position,
      reason,
      bytes: value.length,
      sample: value.slice(0, SAMPLE_BYTES_MAX).toBase64(),
    }
    this.#rows.push({ value: encodeRejected(rejected) })
  }
}
