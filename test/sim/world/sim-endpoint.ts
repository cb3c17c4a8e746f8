import type { HttpResult } from '../../../src/notify/http-post.ts'
import type { Prng } from '../../../src/std/prng.ts'
import type { Life, Scheduler } from '../core/scheduler.ts'
import type { Tally } from '../core/tally.ts'

/** What becomes of an attempt: taken, refused for now, or nobody answers. */
export type ReceiverMood = 'takes' | 'fails' | 'hangs' | 'cuts'

const WAY_US = 40_000
const TIMEOUT_US = 10_000_000

/** A server elsewhere: what it took it keeps, whatever becomes of who sent it. */
export class SimEndpoint {
  mood: ReceiverMood = 'takes'
  readonly #scheduler: Scheduler
  readonly #tally: Tally
  readonly #random: Prng

  constructor(parts: {
    readonly scheduler: Scheduler
    readonly tally: Tally
    readonly random: Prng
  }) {
    this.#scheduler = parts.scheduler
    this.#tally = parts.tally
    this.#random = parts.random
  }

  /** One attempt by a process; `take` is called where it arrives and is taken. */
  attempt(life: Life, take: () => void): Promise<HttpResult> {
    const { promise, resolve } = Promise.withResolvers<HttpResult>()
    const back = (us: number, result: HttpResult): void =>
      void this.#scheduler.after(us, life, () => resolve(result))
    if (life.isOver) return promise
    // A request on its way arrives although its sender is gone.
    this.#scheduler.after(this.#random.below(WAY_US), undefined, () => {
      const { mood } = this
      if (mood !== 'takes') this.#tally.add(`receiver ${mood}`)
      const us = this.#random.below(WAY_US)
      if (mood === 'takes') take()
      if (mood === 'takes') back(us, answerOf(200))
      else if (mood === 'fails') back(us, answerOf(503))
      else if (mood === 'cuts') back(us, unanswered('connection'))
      else back(TIMEOUT_US, unanswered('timeout'))
    })
    return promise
  }
}

const answerOf = (status: number): HttpResult => ({
  kind: 'answer',
  status,
  retryAfter: undefined,
  body: '',
})

const unanswered = (reason: 'timeout' | 'connection'): HttpResult => ({
  kind: 'unanswered',
  reason,
  detail: 'simulated',
})
