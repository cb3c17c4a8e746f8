import { Bell } from '../std/bell.ts'
import type { Clock } from '../std/clock.ts'

/**
 * Whether the cloud has a site's steps, as far as this process knows (A77): up to where each
 * partition of `transitions` is confirmed there, and since when that has stood still.
 */
export class ForwardLink {
  /** Rung when a position is confirmed. */
  readonly changed = new Bell()
  readonly failoverAfterMs: number
  readonly #clock: Clock
  readonly #byPartition = new Map<number, { readonly offset: number; readonly at: number }>()
  readonly #beganAt: number

  /** `failoverAfterMs`: how long steps wait before the site speaks for itself. */
  constructor(clock: Clock, failoverAfterMs: number) {
    this.#clock = clock
    this.failoverAfterMs = failoverAfterMs
    this.#beganAt = clock.now()
  }

  confirm(partition: number, offset: number): void {
    const before = this.#byPartition.get(partition)
    if (before !== undefined && before.offset >= offset) return
    this.#byPartition.set(partition, { offset, at: this.#clock.now() })
    this.changed.ring()
  }

  /** Steps before it are in the cloud. */
  confirmedTo(partition: number): number {
    return this.#byPartition.get(partition)?.offset ?? 0
  }

  /** Since when nothing more of a partition was confirmed. */
  standsSince(partition: number): number {
    return this.#byPartition.get(partition)?.at ?? this.#beganAt
  }
}
