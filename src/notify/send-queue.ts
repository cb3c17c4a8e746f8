import { retryMs, type AttemptVerdict } from './attempt-verdict.ts'
import type { Notice } from '../model/notice.ts'
import type { Prng } from '../std/prng.ts'

/** A65: groups attempted at once, and failures in a row after which one probe replaces them. */
const GROUPS_AT_ONCE = 4
const FAILURES_BEFORE_PROBE = 5

/** One unsent notice, with its offset in `notices`. */
export type Unsent = {
  readonly offset: number
  readonly notice: Notice
  /** Attempts made since this reader began. */
  attempt: number
  readyAt: number
  /** Whether the last attempt had no answer: such a one is tried again as soon as one comes. */
  isUnanswered: boolean
}

/**
 * Which notice of one receiver is attempted next (A65): the first of each group, in seq order; at
 * most four groups at once; one probe at a time while the receiver does not answer; none before
 * a moment that the receiver has asked for.
 */
export class SendQueue {
  readonly #random: Prng
  readonly #groups = new Map<string, Unsent[]>()
  readonly #attempted = new Set<string>()
  #failuresInRow = 0
  #pausedUntil = 0
  /** How many notices wait or are being attempted. */
  size = 0

  constructor(random: Prng) {
    this.#random = random
  }

  get isProbing(): boolean {
    return this.#failuresInRow >= FAILURES_BEFORE_PROBE
  }

  add(offset: number, notice: Notice): void {
    const unsent = { offset, notice, attempt: 0, readyAt: 0, isUnanswered: false }
    const group = this.#groups.get(notice.key)
    if (group === undefined) this.#groups.set(notice.key, [unsent])
    else group.push(unsent)
    this.size++
  }

  /** The next one to attempt, now marked as attempted; undefined where none may be. */
  take(now: number): Unsent | undefined {
    if (!this.#hasRoom() || now < this.#pausedUntil) return undefined
    for (const head of this.#heads()) {
      if (head.readyAt > now) continue
      this.#attempted.add(head.notice.key)
      head.attempt++
      return head
    }
    return undefined
  }

  /** When `take` may have one without anything else happening; undefined: not before that. */
  nextAt(): number | undefined {
    if (!this.#hasRoom()) return undefined
    let nextAt = Number.POSITIVE_INFINITY
    for (const { readyAt } of this.#heads()) nextAt = Math.min(nextAt, readyAt)
    return nextAt === Number.POSITIVE_INFINITY ? undefined : Math.max(nextAt, this.#pausedUntil)
  }

  /** What came of an attempt: the notice leaves, or waits at the head of its group. */
  settle(unsent: Unsent, verdict: AttemptVerdict, now: number): void {
    const { key } = unsent.notice
    this.#attempted.delete(key)
    const isRetry = verdict.outcome === 'retry'
    unsent.isUnanswered =
      isRetry && (verdict.reason === 'connection' || verdict.reason === 'timeout')
    if (unsent.isUnanswered) this.#countFailure(now)
    else this.#countAnswer(now)
    if (isRetry) {
      unsent.readyAt = now + verdict.waitMs
      // The receiver speaks for all of itself, not for one group of ours.
      if (verdict.reason === 'retry_after') this.#pausedUntil = unsent.readyAt
      return
    }
    const group = this.#groups.get(key) ?? []
    group.splice(0, 1)
    if (group.length === 0) this.#groups.delete(key)
    this.size--
  }

  #hasRoom(): boolean {
    return this.#attempted.size < (this.isProbing ? 1 : GROUPS_AT_ONCE)
  }

  *#heads(): Generator<Unsent> {
    for (const [key, [head]] of this.#groups) {
      if (head !== undefined && !this.#attempted.has(key)) yield head
    }
  }

  #countFailure(now: number): void {
    this.#failuresInRow++
    // Else a thousand groups, each with a schedule of its own, would probe without a pause.
    if (this.isProbing) {
      const probe = this.#failuresInRow - FAILURES_BEFORE_PROBE + 1
      this.#pausedUntil = now + retryMs(probe, this.#random)
    }
  }

  /** It answers again: what only waited for that goes on at once. */
  #countAnswer(now: number): void {
    const wasProbing = this.isProbing
    this.#failuresInRow = 0
    if (!wasProbing) return
    this.#pausedUntil = 0
    for (const head of this.#heads()) {
      if (head.isUnanswered) head.readyAt = Math.min(head.readyAt, now)
    }
  }
}
