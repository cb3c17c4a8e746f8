import { createHmac } from 'node:crypto'

/** Which sessions are observed, and the rate that their rows carry. */
export type SamplingOptions = {
  /** 0 < rate ≤ 1; choose 1/k. 1 takes everything and marks nothing. */
  readonly rate: number
  /** Shared by all observers of the tenant, so that all pick the same sessions. */
  readonly key: string | Uint8Array
}

/** Verdicts remembered; a session forgotten is only hashed again. */
const SESSIONS_MAX = 100_000

/**
 * Picks whole sessions (S1): one is taken when the first 32 bits of HMAC-SHA-256(key, session) are
 * below rate · 2^32, so every observer with the key and the rate picks the same ones, and those of
 * a lower rate are among those of a higher one.
 */
export class SessionSampling {
  readonly rate: number
  readonly #key: string | Uint8Array
  readonly #verdicts = new Map<string, boolean>()

  constructor(options: SamplingOptions) {
    this.rate = options.rate
    this.#key = options.key
  }

  takes(session: string): boolean {
    if (this.rate >= 1) return true
    const known = this.#verdicts.get(session)
    if (known !== undefined) return known
    const first = createHmac('sha256', this.#key).update(session).digest().readUInt32BE(0)
    const isTaken = first < this.rate * 2 ** 32
    if (this.#verdicts.size >= SESSIONS_MAX) this.#verdicts.clear()
    this.#verdicts.set(session, isTaken)
    return isTaken
  }
}
