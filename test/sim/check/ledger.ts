import type { LogBatch, LogRecord } from '../../../src/log/log.ts'

/** A violation of what is promised: the run has failed. */
export class Violation extends Error {}

/** A position that was committed, and how many appends had been acknowledged by then. */
export type Commit = {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly ackCount: number
}

/** Rows that the log acknowledged in one call. */
export type Acked = { readonly topic: string; readonly rows: readonly LogRecord[] }

/** Told of things as they happen; throws a `Violation` where they must not. */
export type LedgerReader = {
  readonly acked?: (acked: Acked) => void
  readonly commit?: (commit: Commit) => void
  readonly delivered?: (group: string | undefined, batch: LogBatch) => void
}

/**
 * What processes were promised over the life of a world: every acknowledged append and every
 * position as it is committed, in order. It belongs to nobody who can die.
 */
export class Ledger {
  readonly acks: Acked[] = []
  readonly commits: Commit[] = []
  readonly #readers: readonly LedgerReader[]
  readonly #fail: (error: unknown) => void

  /** `fail` takes what a reader throws: nothing of it reaches the process. */
  constructor(readers: readonly LedgerReader[], fail: (error: unknown) => void) {
    this.#readers = readers
    this.#fail = fail
  }

  acked(topic: string, rows: readonly LogRecord[]): void {
    const acked = { topic, rows }
    this.acks.push(acked)
    this.#tell((reader) => reader.acked?.(acked))
  }

  commit(commit: Omit<Commit, 'ackCount'>): void {
    const counted = { ...commit, ackCount: this.acks.length }
    this.commits.push(counted)
    this.#tell((reader) => reader.commit?.(counted))
  }

  delivered(group: string | undefined, batch: LogBatch): void {
    this.#tell((reader) => reader.delivered?.(group, batch))
  }

  #tell(tell: (reader: LedgerReader) => void): void {
    try {
      this.#readers.forEach(tell)
    } catch (error) {
      return this.#fail(error)
    }
  }
}
