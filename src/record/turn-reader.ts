import type { Claim, LogBatch } from '../log/log.ts'
import { bytesOf } from '../model/record-columns.ts'
import { encodeRecordNote } from './record-note.ts'
import type { RecordDeps } from './record-deps.ts'
import type { Recorded } from './recorded.ts'
import { Refusals } from './refusals.ts'

/** One turn: the most that memory holds and that a crash repeats (D5). About 600 windows. */
const TURN_BYTES_MAX = 262_144
/** Rows decoded at a time: about a millisecond, which is all that a page may wait. */
const PIECE_ROWS_MAX = 100

/** What one topic's reader adds: its codec, and where its records go. */
export type RecordKind<T> = {
  readonly decode: (
    value: Uint8Array,
  ) => { readonly ok: true; readonly record: T } | { readonly ok: false; readonly reason: string }
  readonly upsert: (records: readonly T[]) => Promise<void>
}

type Task<T> = {
  readonly kind: RecordKind<T>
  /** Of the store, by its name. */
  readonly identity: string
  readonly recorded: Recorded
  /** Where fresh rows begin; what is missing before it is filled in beside them. */
  readonly freshFrom: number
}

/** Reads one partition into the store along two ways: what is fresh, and what had to wait. */
export class TurnReader<T> {
  readonly #deps: RecordDeps
  readonly #claim: Claim
  readonly #task: Task<T>
  readonly #refusals: Refusals
  readonly #stop = new AbortController()
  /** The fresh turn in hand: a turn of what waited begins after it. */
  #fresh: Promise<void> = Promise.resolve()
  #committed: Promise<void> = Promise.resolve()

  constructor(deps: RecordDeps, claim: Claim, task: Task<T>) {
    this.#deps = deps
    this.#claim = claim
    this.#task = task
    this.#refusals = new Refusals(deps)
  }

  /** Until the claim ends, or one of the ways fails. */
  async run(): Promise<void> {
    const ways = [this.#readFresh(), this.#fillIn()]
    try {
      await Promise.all(ways)
    } finally {
      this.#stop.abort()
      await Promise.allSettled(ways)
    }
  }

  async #readFresh(): Promise<void> {
    let from = this.#task.freshFrom
    for await (const batch of this.#turns(from)) {
      this.#fresh = this.#turn(batch, { from, to: batch.next })
      await this.#fresh
      from = batch.next
    }
  }

  async #fillIn(): Promise<void> {
    const { recorded, freshFrom } = this.#task
    while (recorded.offset < freshFrom && !this.#isEnding) {
      const to = recorded.done[0]?.from ?? freshFrom
      await this.#fill({ from: recorded.offset, to: Math.min(to, freshFrom) })
    }
  }

  async #fill({ from, to }: { readonly from: number; readonly to: number }): Promise<void> {
    let at = from
    for await (const batch of this.#turns(from)) {
      await this.#fresh
      const next = Math.min(batch.next, to)
      await this.#turn(batch, { from: at, to: next })
      at = next
      if (at >= to) return
    }
  }

  get #isEnding(): boolean {
    return this.#claim.signal.aborted || this.#stop.signal.aborted
  }

  #turns(offset: number): AsyncIterable<LogBatch> {
    const { signal } = this.#stop
    const options = { position: { offset, note: '' }, bytesMax: TURN_BYTES_MAX, signal }
    return this.#deps.log.read(this.#claim, options)
  }

  /** Rows below `to` into the store, and then what was said of them into the log (D2). */
  async #turn(
    batch: LogBatch,
    span: { readonly from: number; readonly to: number },
  ): Promise<void> {
    const { progress } = this.#deps
    const { kind, recorded } = this.#task
    const records = await this.#decoded(batch, span.to)
    if (records.length > 0) await kind.upsert(records)
    progress.written += records.length
    await this.#refusals.append(batch, span.to)
    recorded.add(span)
    progress.next.set(this.#claim.partition, recorded.offset)
    await this.#commit()
  }

  async #decoded(batch: LogBatch, end: number): Promise<readonly T[]> {
    const { decode } = this.#task.kind
    const records: T[] = []
    for (let row = 0; row < batch.count && batch.offsets[row]! < end; row++) {
      if (row % PIECE_ROWS_MAX === 0) await this.#deps.lane.turn()
      // An absent value has no bytes, which no codec accepts.
      const value = bytesOf(batch.values, row)
      const decoded = decode(value)
      if (decoded.ok) records.push(decoded.record)
      else this.#refusals.add(batch, { row, value, reason: decoded.reason })
    }
    return records
  }

  /** Last, now that all of it is durable; in the order in which both ways come here. */
  #commit(): Promise<void> {
    const { log } = this.#deps
    const { identity, recorded } = this.#task
    const commit = async (): Promise<void> => {
      const note = encodeRecordNote(identity, recorded.done)
      await log.commit(this.#claim, recorded.offset, note)
    }
    this.#committed = this.#committed.then(commit)
    return this.#committed
  }
}
