/** One event as it leaves, already text, so that all clients of the feed share the bytes. */
export type Frame = {
  readonly seq: number
  /** Frames with one key replace each other while they wait; absent: every one is delivered. */
  readonly key?: string
  readonly text: string
}

/** The far end of one connection; `write` answers false when nothing more should be sent now. */
export interface FeedSocket {
  write(text: string): boolean
  onDrain(resume: () => void): void
  onClose(gone: () => void): void
  /** Ends after what was written. */
  end(): void
  /** Cuts at once. */
  destroy(): void
}

/** U16: beyond this many waiting frames that may not be skipped, the client starts afresh. */
const WAITING_MAX = 1_000

/**
 * What waits for one client. Frames keep their order; a keyed one takes the place at the end, so
 * that a slow client skips pictures and never misses a step (SPEC U16).
 */
export class LiveQueue {
  #waiting: Frame[] = []

  get size(): number {
    return this.#waiting.length
  }

  /** `overflow`: the queue was emptied, and its client has to be reset. */
  add(frame: Frame): 'queued' | 'overflow' {
    if (frame.key !== undefined) {
      this.#waiting = this.#waiting.filter(({ key }) => key !== frame.key)
    }
    this.#waiting.push(frame)
    if (this.#waiting.length <= WAITING_MAX) return 'queued'
    this.#waiting = []
    return 'overflow'
  }

  /** Takes all that waits, oldest first. */
  take(): readonly Frame[] {
    const taken = this.#waiting
    this.#waiting = []
    return taken
  }
}
