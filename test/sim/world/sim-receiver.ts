import type { HttpResult } from '../../../src/notify/http-post.ts'
import type { Notice } from '../../../src/model/notice.ts'
import type { Prng } from '../../../src/std/prng.ts'
import { encodeNotice } from '../../../src/wire/notice-codec.ts'
import type { Life, Scheduler } from '../core/scheduler.ts'
import type { Tally } from '../core/tally.ts'

/** What becomes of an attempt: taken, refused for now, or nobody answers. */
export type ReceiverMood = 'takes' | 'fails' | 'hangs' | 'cuts'

/** A notice that a receiver took, with the text of all that it was told. */
export type Delivered = { readonly notice: Notice; readonly text: string }

const WAY_US = 40_000
const TIMEOUT_US = 10_000_000

/** Somebody who is told, elsewhere: what it took it keeps, whatever becomes of who told it. */
export class SimReceiver {
  readonly name: string
  readonly delivered: Delivered[] = []
  mood: ReceiverMood = 'takes'
  readonly #scheduler: Scheduler
  readonly #tally: Tally
  readonly #random: Prng

  constructor(
    name: string,
    parts: { readonly scheduler: Scheduler; readonly tally: Tally; readonly random: Prng },
  ) {
    this.name = name
    this.#scheduler = parts.scheduler
    this.#tally = parts.tally
    this.#random = parts.random
  }

  /** One attempt by a process. */
  deliver(notice: Notice, life: Life): Promise<HttpResult> {
    const { promise, resolve } = Promise.withResolvers<HttpResult>()
    const back = (us: number, result: HttpResult): void =>
      void this.#scheduler.after(us, life, () => resolve(result))
    if (life.isOver) return promise
    // A request on its way arrives although its sender is gone.
    this.#scheduler.after(this.#random.below(WAY_US), undefined, () => {
      const { mood } = this
      if (mood !== 'takes') this.#tally.add(`receiver ${mood}`)
      const us = this.#random.below(WAY_US)
      if (mood === 'takes') {
        const text = new TextDecoder().decode(encodeNotice(notice))
        this.delivered.push({ notice, text })
        back(us, { kind: 'answer', status: 200, retryAfter: undefined, body: '' })
      } else if (mood === 'fails') {
        back(us, { kind: 'answer', status: 503, retryAfter: undefined, body: '' })
      } else {
        const isHanging = mood === 'hangs'
        const reason = isHanging ? 'timeout' : 'connection'
        back(isHanging ? TIMEOUT_US : us, { kind: 'unanswered', reason, detail: 'simulated' })
      }
    })
    return promise
  }
}
