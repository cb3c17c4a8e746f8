import type { Clock } from '../../std/clock.ts'

const WAIT_MS_MIN = 1_000
const WAIT_MS_MAX = 60_000
/** Whoever ran for so long begins anew. */
const HEALTHY_AFTER_MS = 600_000

/** How long to wait before the next try: 1 s, doubling to 60 s, each shortened by up to a half. */
export class RetryWait {
  readonly #clock: Clock
  readonly #random: () => number
  #nextMs = WAIT_MS_MIN
  #ranFrom: number | undefined
  ms = 0

  constructor({ clock, random }: { readonly clock: Clock; readonly random: () => number }) {
    this.#clock = clock
    this.#random = random
  }

  /** It runs from now on. */
  runs(): void {
    this.#ranFrom = this.#clock.now()
  }

  /** A try has failed, or what ran has ended. */
  failed(): void {
    const ranMs = this.#ranFrom === undefined ? 0 : this.#clock.now() - this.#ranFrom
    this.#ranFrom = undefined
    if (ranMs >= HEALTHY_AFTER_MS) this.#nextMs = WAIT_MS_MIN
    this.ms = Math.round(this.#nextMs * (1 - this.#random() / 2))
    this.#nextMs = Math.min(WAIT_MS_MAX, this.#nextMs * 2)
  }

  /** A person has to act elsewhere: they see within a minute that it helped. */
  refused(): void {
    this.#ranFrom = undefined
    this.ms = WAIT_MS_MAX
  }
}
