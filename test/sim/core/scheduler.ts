import type { Prng } from '../../../src/std/prng.ts'

/** Whose event it is: those of a process that is over never happen, those of a paused one wait. */
export type Life = { isOver: boolean; pausedToUs: number }

type Waiting = {
  dueUs: number
  readonly tie: number
  readonly life: Life | undefined
  run: (() => void) | undefined
}

/**
 * Everything that happens in a simulated world, one event after the other: each runs with all that
 * follows from it in promises before the next is looked at, and of those due at the same instant
 * chance picks. So one seed gives one schedule.
 */
export class Scheduler {
  /** Time since the world began. */
  nowUs = 0
  eventCount = 0
  readonly #random: Prng
  /** A binary heap, the next event first. */
  readonly #heap: Waiting[] = []

  constructor(random: Prng) {
    this.#random = random
  }

  /** Runs `run` after so long, unless what this answers is called first or the life is over. */
  after(us: number, life: Life | undefined, run: () => void): () => void {
    const dueUs = this.nowUs + Math.max(0, Math.floor(us))
    const waiting: Waiting = { dueUs, tie: this.#random.next(), life, run }
    this.#push(waiting)
    return () => void (waiting.run = undefined)
  }

  /** Lets the world go on until the condition holds. Rejects with what an event throws. */
  runUntil(isOver: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const turn = (): void => {
      try {
        if (isOver() || !this.#next()) return resolve()
      } catch (error) {
        return reject(error)
      }
      // By then every promise that hangs on this event has been followed to its end.
      setImmediate(turn)
    }
    setImmediate(turn)
    return promise
  }

  /** False where nothing is left to happen. */
  #next(): boolean {
    for (;;) {
      const next = this.#pop()
      if (next === undefined) return false
      const { life, run } = next
      if (run === undefined || life?.isOver === true) continue
      if (life !== undefined && life.pausedToUs > next.dueUs) {
        next.dueUs = life.pausedToUs
        this.#push(next)
        continue
      }
      this.nowUs = Math.max(this.nowUs, next.dueUs)
      this.eventCount++
      run()
      return true
    }
  }

  #push(waiting: Waiting): void {
    const heap = this.#heap
    let at = heap.push(waiting) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!isBefore(waiting, heap[above]!)) break
      heap[at] = heap[above]!
      at = above
    }
    heap[at] = waiting
  }

  #pop(): Waiting | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++
      if (!isBefore(heap[below]!, last)) break
      heap[at] = heap[below]!
      at = below
    }
    heap[at] = last
    return first
  }
}

const isBefore = (a: Waiting, b: Waiting): boolean =>
  a.dueUs < b.dueUs || (a.dueUs === b.dueUs && a.tie < b.tie)
