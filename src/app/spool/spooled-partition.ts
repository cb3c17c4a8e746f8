import type { LogRecord } from '../../log/log.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { Bell } from '../../std/bell.ts'

/** One place of a partition: the brokers', or the spool's own. Rejects with what it throws. */
export type AppendRows = (rows: readonly LogRecord[]) => Promise<void>

export type SpooledPartitionDeps = {
  readonly far: AppendRows
  readonly spool: AppendRows
  readonly now: () => number
  /** Told of each failure of the brokers that sends rows into the spool. */
  readonly troubled: (error: NocturneError) => void
}

type Entry = {
  readonly rows: readonly LogRecord[]
  readonly bytes: number
  readonly done: PromiseWithResolvers<void>
}

/** Rows of one call to the brokers. */
const CALL_BYTES_MAX = 1_048_576

/**
 * The way of one partition's rows, in order of the calls. `direct`: to the brokers, one call at a
 * time, so that nothing overtakes what they refused. `spool`: to the local disk. `closing`: they
 * wait in memory while the last rows leave the spool.
 */
export class SpooledPartition {
  readonly #deps: SpooledPartitionDeps
  readonly bell = new Bell()
  /** At the start nobody knows whether brokers are there. */
  #way: 'spool' | 'closing' | 'direct' = 'spool'
  #waiting: Entry[] = []
  #heldBytes = 0
  #sending: Promise<void> | undefined
  #underWay = 0
  #landed: PromiseWithResolvers<void> | undefined
  /** Into the spool and out of it, since we began. */
  #in = { rows: 0, bytes: 0 }
  #out = { rows: 0, bytes: 0 }
  /** When the oldest row came into the spool that the brokers do not have. */
  oldestAt: number | undefined

  constructor(deps: SpooledPartitionDeps) {
    this.#deps = deps
  }

  get way(): 'spool' | 'closing' | 'direct' {
    return this.#way
  }

  /** Bytes in memory whose rows are not acknowledged by anybody. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Rows in the spool that the brokers do not have yet. */
  get rows(): number {
    return Math.max(0, this.#in.rows - this.#out.rows)
  }

  /** Their bytes; about, for rows of an earlier process. */
  get bytes(): number {
    return this.rows === 0 ? 0 : Math.max(0, this.#in.bytes - this.#out.bytes)
  }

  /** What an earlier process left in the spool. */
  found(rows: number, bytes: number): void {
    this.#in = { rows, bytes }
    this.#out = { rows: 0, bytes: 0 }
  }

  /** Takes rows that are ours to keep; resolves once they are durable here or there (D1). */
  append(rows: readonly LogRecord[], bytes: number): Promise<void> {
    const entry = { rows, bytes, done: Promise.withResolvers<void>() }
    this.#heldBytes += bytes
    if (this.#way === 'spool') void this.#spool(entry)
    else {
      this.#waiting.push(entry)
      this.#send()
    }
    return entry.done.promise
  }

  /** From now on rows wait in memory; resolves when none is on its way into the spool. */
  async close(): Promise<void> {
    this.#way = 'closing'
    await this.#settled()
  }

  /** The brokers' log was closed: resolves when what they did not confirm is in the spool. */
  async end(): Promise<void> {
    await this.#sending
    this.reopen()
    await this.#settled()
  }

  async #settled(): Promise<void> {
    if (this.#underWay === 0) return
    this.#landed ??= Promise.withResolvers()
    await this.#landed.promise
  }

  /** The brokers refuse again: what waited goes into the spool, and all that comes. */
  reopen(): void {
    if (this.#way === 'spool') return
    this.#way = 'spool'
    const waiting = this.#waiting
    this.#waiting = []
    for (const entry of waiting) void this.#spool(entry)
    this.bell.ring()
  }

  /** The spool is empty and was closed: rows go to the brokers again. */
  goDirect(): void {
    this.#way = 'direct'
    this.found(0, 0)
    this.oldestAt = undefined
    this.#send()
  }

  /** The brokers have so many rows more of the spool's. */
  drained(rows: number, bytes: number): void {
    // Perhaps before the append of these rows was heard to have ended.
    this.#out = { rows: this.#out.rows + rows, bytes: this.#out.bytes + bytes }
    if (this.rows === 0) this.oldestAt = undefined
  }

  #send(): void {
    if (this.#way === 'direct' && this.#waiting.length > 0) this.#sending ??= this.#sendAll()
  }

  async #sendAll(): Promise<void> {
    while (this.#way === 'direct' && this.#waiting.length > 0) {
      const entries = this.#takeCall()
      const error = await failureOf(this.#deps.far(entries.flatMap(({ rows }) => rows)))
      if (error instanceof NocturneError) {
        // Some may stand there already; their numbers say so when they come again (D7).
        this.#deps.troubled(error)
        this.#waiting = [...entries, ...this.#waiting]
        this.reopen()
      } else for (const entry of entries) this.#settle(entry, error)
    }
    this.#sending = undefined
  }

  #takeCall(): readonly Entry[] {
    let bytes = 0
    let count = 0
    for (const entry of this.#waiting) {
      bytes += entry.bytes
      if (count > 0 && bytes > CALL_BYTES_MAX) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #spool(entry: Entry): Promise<void> {
    this.#underWay++
    const error = await failureOf(this.#deps.spool(entry.rows))
    if (error === undefined) {
      const { rows, bytes } = this.#in
      this.#in = { rows: rows + entry.rows.length, bytes: bytes + entry.bytes }
      if (this.rows > 0) this.oldestAt ??= this.#deps.now()
    }
    this.#settle(entry, error)
    this.#underWay--
    this.bell.ring()
    if (this.#underWay > 0) return
    this.#landed?.resolve()
    this.#landed = undefined
  }

  #settle(entry: Entry, error?: unknown): void {
    this.#heldBytes -= entry.bytes
    if (error === undefined) entry.done.resolve()
    else entry.done.reject(error)
  }
}

/** What the work failed by, or undefined. */
const failureOf = (work: Promise<void>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )
