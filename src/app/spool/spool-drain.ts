import type { Claim, Log, LogBatch, LogRecord } from '../../log/log.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import type { Clock } from '../../std/clock.ts'
import { recordSize } from './record-size.ts'
import type { SpooledPartition } from './spooled-partition.ts'

export type SpoolDrainDeps = {
  /** The brokers. */
  readonly far: Log
  /** The local disk. */
  readonly spool: Log
  readonly clock: Clock
  /** Told of each failure of the brokers; undefined: they took something. */
  readonly troubled: (error: NocturneError | undefined) => void
  /** Rows that will not be appended, and why; they are counted. */
  readonly dropped: (reason: 'too_large' | 'unreadable', rows: number) => void
}

/** One turn: so much is read, appended and then committed. */
const READ_BYTES = 524_288
/** With so little left, appends wait in memory until the spool is empty. */
const CLOSING_BYTES = 1_048_576
const RETRY_MS_MIN = 200
const RETRY_MS_MAX = 5_000

/**
 * Brings one partition of the spool to the brokers: rows first, position last (D2). A crash between
 * the two repeats rows, whose numbers say so (D7).
 */
export class SpoolDrain {
  readonly #deps: SpoolDrainDeps
  readonly #claim: Claim
  readonly #partition: SpooledPartition
  /** Whether the brokers took or answered something since they last failed. */
  #isReached = false
  #retryMs = RETRY_MS_MIN
  #offset = 0

  constructor(deps: SpoolDrainDeps, claim: Claim, partition: SpooledPartition) {
    this.#deps = deps
    this.#claim = claim
    this.#partition = partition
  }

  /** Runs until the claim's signal aborts. @throws what the spool throws: begin again. */
  async run(): Promise<void> {
    const { signal } = this.#claim
    const partition = this.#partition
    const { offset } = await this.#deps.spool.position(this.#claim)
    this.#offset = offset
    while (!signal.aborted) {
      if (partition.way === 'direct') {
        await partition.bell.wait(signal)
        this.#isReached &&= partition.way === 'direct'
      } else await this.#turn()
    }
  }

  async #turn(): Promise<void> {
    const partition = this.#partition
    const isEmpty = (await this.#end()) <= this.#offset
    if (isEmpty && !this.#isReached && !(await this.#probe())) return
    if (this.#isReached && partition.bytes <= CLOSING_BYTES) await partition.close()
    const end = await this.#end()
    if (this.#offset < end) await this.#bring(end)
    const isOver = this.#offset >= end && !this.#claim.signal.aborted
    if (partition.way === 'closing' && isOver) partition.goDirect()
  }

  async #end(): Promise<number> {
    const { topic, partition } = this.#claim
    return (await this.#deps.spool.ends(topic))[partition]?.end ?? 0
  }

  /** Asks the brokers where the topic ends, since there is nothing to append. */
  async #probe(): Promise<boolean> {
    try {
      await this.#deps.far.ends(this.#claim.topic)
      this.#reached()
      return true
    } catch (error) {
      await this.#failed(error)
      return false
    }
  }

  /** Brings all rows up to `end`, however often the brokers fail meanwhile. */
  async #bring(end: number): Promise<void> {
    const { spool } = this.#deps
    const { signal } = this.#claim
    const position = { offset: this.#offset, note: '' }
    for await (const batch of spool.read(this.#claim, { position, bytesMax: READ_BYTES, signal })) {
      for (const { from, next } of batch.rejected) this.#deps.dropped('unreadable', next - from)
      const rows = rowsOf(batch)
      const [first = this.#deps.clock.now()] = batch.times
      if (rows.length > 0) this.#partition.oldestAt = first
      if (!(await this.#deliver(rows))) return
      await spool.commit(this.#claim, batch.next)
      const bytes = rows.reduce((sum, row) => sum + recordSize(row), 0)
      this.#partition.drained(batch.next - this.#offset, bytes)
      this.#offset = batch.next
      if (this.#offset >= end) return
    }
  }

  /** False: it was told to stop before the brokers took all. */
  async #deliver(rows: readonly LogRecord[]): Promise<boolean> {
    const { signal } = this.#claim
    while (!signal.aborted) {
      const error = await this.#append(rows)
      if (error === undefined) return true
      if (error.code === 'LOG_RECORD_TOO_LARGE') return this.#deliverApart(rows)
      await this.#failed(error)
    }
    return false
  }

  /** The brokers refuse one of these for ever, which must not hold up all others. */
  async #deliverApart(rows: readonly LogRecord[]): Promise<boolean> {
    if (rows.length === 1) {
      this.#deps.dropped('too_large', 1)
      return true
    }
    const half = rows.length >> 1
    return (await this.#deliver(rows.slice(0, half))) && this.#deliver(rows.slice(half))
  }

  async #append(rows: readonly LogRecord[]): Promise<NocturneError | undefined> {
    try {
      await this.#deps.far.append(this.#claim.topic, rows)
      this.#reached()
      return undefined
    } catch (error) {
      if (error instanceof NocturneError) return error
      throw error
    }
  }

  #reached(): void {
    this.#isReached = true
    this.#retryMs = RETRY_MS_MIN
    this.#deps.troubled(undefined)
  }

  /** What waited in memory goes to the disk; then a while passes. */
  async #failed(error: unknown): Promise<void> {
    if (!(error instanceof NocturneError)) throw error
    this.#isReached = false
    this.#deps.troubled(error)
    this.#partition.reopen()
    const ms = this.#retryMs
    this.#retryMs = Math.min(RETRY_MS_MAX, ms * 2)
    await this.#deps.clock.sleep(ms, this.#claim.signal)
  }
}

function rowsOf({ count, keys, values, partition }: LogBatch): readonly LogRecord[] {
  return Array.from({ length: count }, (_, row) => {
    const [key, value] = [cell(keys, row), cell(values, row)]
    return { partition, ...(key && { key }), ...(value && { value }) }
  })
}

function cell(column: LogBatch['keys'], row: number): Uint8Array | undefined {
  const [start = 0, length = -1] = [column.starts[row], column.lengths[row]]
  return length < 0 ? undefined : column.bytes.subarray(start, start + length)
}
