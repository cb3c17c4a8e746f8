import type { Clock } from '../../std/clock.ts'
import type { AppendTicket } from './append-ticket.ts'
import type { DiskFile } from './disk.ts'

/** A place in a partition: the next offset, and the bytes of the active segment before it. */
export type Mark = { readonly offset: number; readonly bytes: number }

type Options = {
  readonly clock: Clock
  /** Waits so long before each sync; 0 syncs at once. */
  readonly delayMs: number
  /** Everything before the mark is durable. */
  readonly synced: (mark: Mark) => void
  /**
   * A sync failed; answers what those who wait are told. It is not tried again, for the kernel may
   * have dropped the pages.
   */
  readonly failed: (error: unknown) => Error
}

/**
 * One sync in flight per partition: all that was written before it began is covered when it
 * returns, so the cost is per sync and not per append.
 */
export class GroupCommit {
  file: DiskFile
  readonly #options: Options
  #waiting: AppendTicket[] = []
  #mark: Mark | undefined
  #running: Promise<void> | undefined
  #hurry = new AbortController()

  constructor(file: DiskFile, options: Options) {
    this.file = file
    this.#options = options
  }

  /** The tickets are told when all before the mark is durable. */
  written(mark: Mark, tickets: readonly AppendTicket[]): void {
    this.#mark = mark
    for (const ticket of tickets) this.#waiting.push(ticket)
    this.#running ??= this.#run()
  }

  /** Resolves when nothing waits for a sync. */
  async flush(): Promise<void> {
    this.#hurry.abort()
    await this.#running
    this.#hurry = new AbortController()
  }

  async #run(): Promise<void> {
    const { clock, delayMs, synced, failed } = this.#options
    while (this.#mark !== undefined) {
      if (delayMs > 0) await clock.sleep(delayMs, this.#hurry.signal)
      const mark = this.#mark
      const covered = this.#waiting
      this.#mark = undefined
      this.#waiting = []
      try {
        await this.file.datasync()
      } catch (error) {
        this.#running = undefined
        this.#mark = undefined
        const outcome = failed(error)
        for (const ticket of [...covered, ...this.#waiting.splice(0)]) ticket.fail(outcome)
        return
      }
      synced(mark)
      for (const ticket of covered) ticket.done()
    }
    this.#running = undefined
  }
}
