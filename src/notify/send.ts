import { reachableFrom, type Claim, type Log, type LogBatch, type TellGap } from '../log/log.ts'
import type { Notice } from '../model/notice.ts'
import type { Told } from '../model/step.ts'
import { Bell } from '../std/bell.ts'
import type { Clock } from '../std/clock.ts'
import type { Prng } from '../std/prng.ts'
import { decodeNotice } from '../wire/notice-codec.ts'
import { encodeTransition, transitionKey } from '../wire/step-codec.ts'
import { attemptVerdict } from './attempt-verdict.ts'
import type { CountReason } from './count-reason.ts'
import type { HttpResult } from './http-post.ts'
import { recordValue } from './record-value.ts'
import { SendPosition } from './send-position.ts'
import { SendQueue, type Unsent } from './send-queue.ts'

/** A86: no more of one receiver's notices are read while so many of them wait. */
const UNSENT_COUNT_MAX = 10_000
/** A crash repeats reading this much; a notice is at most half of it. */
const READ_BYTES_MAX = 1_048_576
const SESSION_MS = 10_000
/** R4: attempts in flight get 10 s, and the log wants a claim back 5 s before this ends. */
const REBALANCE_MS = 25_000

export type SendOptions = {
  readonly log: Log
  readonly receiver: string
  /** One attempt; resolves always, within 10 s. The same notice makes the same bytes. */
  readonly deliver: (notice: Notice) => Promise<HttpResult>
  readonly clock: Clock
  readonly random: Prng
  readonly signal: AbortSignal
  readonly count: CountReason
  /** Absent where nothing can be missing. */
  readonly onGap?: TellGap
}

/**
 * Delivers what `notices` holds for one receiver until the signal aborts, then finishes the
 * attempts in flight. Each notice is attempted until it is sent, refused or given up, that is
 * told in `transitions`, and only then the position moves over it (A67): a crash repeats at most
 * the attempts in flight, under the same (key, seq). Nothing here is shared with other receivers.
 * @throws what the log throws; the supervisor begins again at the last position.
 */
export async function runSend(options: SendOptions): Promise<void> {
  const { log, receiver, signal } = options
  const ending = new AbortController()
  const end = () => ending.abort()
  if (signal.aborted) end()
  signal.addEventListener('abort', end, { once: true })
  const group = {
    group: `send/${receiver}`,
    topics: ['notices'],
    start: 'earliest',
    sessionMs: SESSION_MS,
    rebalanceMs: REBALANCE_MS,
  } as const
  try {
    for await (const claim of log.claims(group, ending.signal)) {
      await new Sender(options, claim, end).run()
    }
  } finally {
    signal.removeEventListener('abort', end)
    end()
  }
}

/** The life of one claim on `notices`. */
class Sender {
  readonly #options: SendOptions
  readonly #claim: Claim
  readonly #leave: () => void
  readonly #queue: SendQueue
  /** Rung when something may be attempted, ended, or has failed. */
  readonly #changed = new Bell()
  readonly #roomy = new Bell()
  #position = new SendPosition({ offset: 0, note: '' }, 0)
  #committing: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(options: SendOptions, claim: Claim, leave: () => void) {
    this.#options = options
    this.#claim = claim
    this.#leave = leave
    this.#queue = new SendQueue(options.random)
  }

  async run(): Promise<void> {
    const ring = () => {
      this.#changed.ring()
      this.#roomy.ring()
    }
    this.#claim.signal.addEventListener('abort', ring, { once: true })
    try {
      await this.#work()
    } finally {
      this.#claim.release()
    }
  }

  async #work(): Promise<void> {
    this.#position = await this.#restore()
    const working = new Set([this.#guarded(this.#read())])
    while (!this.#isEnding()) await this.#attemptNext(working)
    await Promise.all([...working])
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /**
   * Where notices were lost it goes on at the end of what is left, and not at the start as readers
   * do that harm nobody by a repeat: nobody is told again what he was told days ago.
   */
  async #restore(): Promise<SendPosition> {
    const { log, onGap } = this.#options
    const committed = await log.position(this.#claim)
    const { offset, gap } = await reachableFrom(log, { at: this.#claim, offset: committed.offset })
    if (gap !== undefined) onGap?.(gap)
    return new SendPosition(committed, gap?.reason === 'lost' ? gap.from : offset)
  }

  #isEnding(): boolean {
    return this.#claim.signal.aborted || this.#failure !== undefined
  }

  /** Starts whatever may be attempted now, then waits until that can have changed. */
  async #attemptNext(working: Set<Promise<void>>): Promise<void> {
    const { clock } = this.#options
    const unsent = this.#queue.take(clock.now())
    if (unsent !== undefined) {
      const attempt = this.#guarded(this.#attempt(unsent))
      working.add(attempt)
      void attempt.then(() => working.delete(attempt))
      return
    }
    const sleeping = new AbortController()
    const nextAt = this.#queue.nextAt()
    const waits = [this.#changed.wait(sleeping.signal)]
    if (nextAt !== undefined) waits.push(clock.sleep(nextAt - clock.now(), sleeping.signal))
    await Promise.race(waits)
    sleeping.abort()
  }

  /** The first failure ends the reader: it leaves the group, so that all waits end. */
  async #guarded(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      this.#failure ??= { error }
      this.#leave()
      this.#changed.ring()
      return
    }
  }

  async #read(): Promise<void> {
    const position = { offset: this.#position.next, note: '' }
    const batches = this.#options.log.read(this.#claim, { position, bytesMax: READ_BYTES_MAX })
    for await (const batch of batches) {
      this.#take(batch)
      this.#changed.ring()
      await this.#commit()
      while (this.#isFull() && !this.#isEnding()) await this.#roomy.wait()
      if (this.#isEnding()) return
    }
  }

  #isFull(): boolean {
    return this.#queue.size >= UNSENT_COUNT_MAX || this.#position.isFull
  }

  #take(batch: LogBatch): void {
    const { receiver, count } = this.#options
    for (let row = 0; row < batch.count; row++) {
      const decoded = decodeNotice(recordValue(batch, row))
      if (!decoded.ok) count('read', decoded.reason, 1)
      else if (!('receiver' in decoded.record)) this.#position.begin(decoded.record.epoch)
      else if (decoded.record.receiver === receiver) {
        const offset = batch.offsets[row] ?? batch.base
        const state = this.#position.add(offset, decoded.record.epoch)
        if (state === 'unsent') this.#queue.add(offset, decoded.record)
        else count('read', state, 1)
      }
    }
    this.#position.readTo(batch.next)
  }

  async #attempt(unsent: Unsent): Promise<void> {
    const { deliver, clock, random, count } = this.#options
    const { notice, attempt } = unsent
    const result = await deliver(notice)
    const now = clock.now()
    const facts = { result, attempt, plannedAt: notice.planned_at, now }
    const verdict = attemptVerdict(facts, random)
    count(verdict.outcome, verdict.reason, 1)
    if (verdict.outcome === 'retry') {
      this.#queue.settle(unsent, verdict, now)
      this.#changed.ring()
      return
    }
    await this.#tell(unsent, verdict.outcome)
    this.#position.finish(unsent.offset)
    this.#queue.settle(unsent, verdict, now)
    this.#changed.ring()
    this.#roomy.ring()
    await this.#commit()
  }

  async #tell({ notice, attempt }: Unsent, outcome: Told['outcome']): Promise<void> {
    const { log, receiver, clock } = this.#options
    const sent = clock.now()
    const tolds = notice.steps.map((id): Told => {
      const fingerprint = id.slice(0, id.indexOf('-'))
      const { key, seq } = notice
      return {
        v: 1,
        kind: 'notice',
        of: id,
        fingerprint,
        receiver,
        outcome,
        attempt,
        sent,
        key,
        seq,
      }
    })
    const rows = tolds.map((told) => ({ key: transitionKey(told), value: encodeTransition(told) }))
    if (rows.length > 0) await log.append('transitions', rows)
  }

  /** One commit at a time, so that an older position never follows a newer one. */
  async #commit(): Promise<void> {
    this.#committing = this.#commitAfter(this.#committing)
    await this.#committing
  }

  async #commitAfter(before: Promise<void> | undefined): Promise<void> {
    await before
    const { offset, note } = this.#position.position()
    await this.#options.log.commit(this.#claim, offset, note)
  }
}
