import { compileRoutes } from '../alert/route.ts'
import { reachableFrom, type Claim, type Log, type LogBatch, type TellGap } from '../log/log.ts'
import type { Told } from '../model/step.ts'
import { assert } from '../std/assert.ts'
import { Bell } from '../std/bell.ts'
import type { Clock } from '../std/clock.ts'
import type { Prng } from '../std/prng.ts'
import { decodeTransition, encodeTransition, transitionKey } from '../wire/step-codec.ts'
import { alertmanagerRequest } from './alertmanager-request.ts'
import { AlertmanagerState, type KeptAlert } from './alertmanager-state.ts'
import { attemptVerdict } from './attempt-verdict.ts'
import type { CountReason } from './count-reason.ts'
import type { HttpPost } from './http-post.ts'
import type { NotifySpec, ReceiverSpec } from './notify-spec.ts'
import { recordValue } from './record-value.ts'

const READ_BYTES_MAX = 262_144
const SESSION_MS = 10_000
const REBALANCE_MS = 25_000
/** Alerts of one request: well below what an Alertmanager takes in one body. */
const ALERTS_AT_ONCE = 200
/** How long one step's delivery is tried before it is told as given up (A64). */
const GIVE_UP_AFTER_MS = 86_400_000

export type AlertmanagerOptions = {
  readonly log: Log
  readonly receiver: ReceiverSpec
  readonly spec: NotifySpec
  /** The longest hop of any monitor: an open alert must outlive the wait for its next window. */
  readonly hopMsMax: () => number
  readonly post: HttpPost
  readonly clock: Clock
  readonly random: Prng
  readonly signal: AbortSignal
  readonly count: CountReason
  /** Absent where nothing can be missing. */
  readonly onGap?: TellGap
}

/**
 * Keeps the state of our alerts in every Alertmanager of one receiver until the signal aborts
 * (alerting.md 10): no queue, for whatever an instance missed is in the next POST, after each
 * change and each resend. It has a pipeline of its own, so only routes apply. Each instance is
 * fed by itself; a step is told as sent once one has it. The partitions of `transitions` are
 * independent, each with its own state and position.
 * @throws what the log throws; the supervisor begins again.
 */
export async function runAlertmanager(options: AlertmanagerOptions): Promise<void> {
  const { log, receiver, signal } = options
  const ending = new AbortController()
  const end = () => ending.abort()
  if (signal.aborted) end()
  signal.addEventListener('abort', end, { once: true })
  const group = {
    group: `send/${receiver.name}`,
    topics: ['transitions'],
    start: 'earliest',
    sessionMs: SESSION_MS,
    rebalanceMs: REBALANCE_MS,
  } as const
  const feeding: Promise<void>[] = []
  try {
    for await (const claim of log.claims(group, ending.signal)) {
      const feed = new AlertmanagerFeed(options, claim, end).run()
      // Awaited below; a failure ends the other partitions' feeds now.
      feed.then(undefined, end)
      feeding.push(feed)
    }
  } finally {
    signal.removeEventListener('abort', end)
    end()
    await Promise.allSettled(feeding)
  }
  for (const feed of feeding) await feed
}

/** The life of one claim on a partition of `transitions`. */
class AlertmanagerFeed {
  readonly #options: AlertmanagerOptions
  readonly #claim: Claim
  readonly #leave: () => void
  readonly #state: AlertmanagerState
  /** One for each instance, rung when it has something to send. */
  readonly #bells: readonly Bell[]
  #isRestored = false
  #next = 0
  #working: Promise<void> = Promise.resolve()

  /** `leave` ends the claims of all partitions, and so everything that waits for the log. */
  constructor(options: AlertmanagerOptions, claim: Claim, leave: () => void) {
    this.#options = options
    this.#claim = claim
    this.#leave = leave
    const compiled = compileRoutes(options.spec.route)
    assert(compiled.ok, 'routes are checked when the configuration is read')
    const { name, urls } = options.receiver
    this.#state = new AlertmanagerState((labels) =>
      compiled.route(labels).some(({ receiver }) => receiver === name),
    )
    this.#bells = urls.map(() => new Bell())
  }

  async run(): Promise<void> {
    const ring = () => this.#ring()
    this.#claim.signal.addEventListener('abort', ring, { once: true })
    const stopping = new AbortController()
    const stop = () => {
      stopping.abort()
      ring()
    }
    const { urls } = this.#options.receiver
    const work = [
      this.#read(),
      ...urls.map((url, i) => this.#feed(url, this.#bells[i] ?? new Bell(), stopping.signal)),
    ]
    const fail = () => {
      stop()
      this.#leave()
    }
    for (const each of work) each.then(undefined, fail)
    try {
      await work[0]
      stop()
      for (const each of work) await each
    } finally {
      stop()
      await Promise.allSettled(work)
      this.#claim.release()
    }
  }

  #ring(): void {
    for (const bell of this.#bells) bell.ring()
  }

  async #read(): Promise<void> {
    const { log, onGap } = this.#options
    const committed = await log.position(this.#claim)
    const standing = { at: this.#claim, offset: committed.offset }
    const { offset, gap } = await reachableFrom(log, standing)
    if (gap !== undefined) onGap?.(gap)
    this.#next = offset
    const restoredAt = (await log.ends('transitions'))[this.#claim.partition]?.end ?? 0
    this.#isRestored = this.#next >= restoredAt
    const position = { offset: this.#next, note: '' }
    for await (const batch of log.read(this.#claim, { position, bytesMax: READ_BYTES_MAX })) {
      const hasChanged = this.#take(batch)
      this.#next = batch.next
      const wasRestored = this.#isRestored
      this.#isRestored ||= this.#next >= restoredAt
      if (this.#isRestored && (hasChanged || !wasRestored)) this.#ring()
      if (hasChanged) await this.#inTurn(() => this.#commit())
    }
  }

  #take(batch: LogBatch): boolean {
    const { count, receiver } = this.#options
    let hasChanged = false
    for (let row = 0; row < batch.count; row++) {
      const decoded = decodeTransition(recordValue(batch, row))
      if (!decoded.ok) {
        count('read', decoded.reason, 1)
        continue
      }
      const { record } = decoded
      if (record.kind === 'notice') {
        if (record.receiver === receiver.name) this.#state.told(record.of)
        continue
      }
      const { partition } = batch
      const offset = batch.offsets[row] ?? batch.base
      const time = batch.times[row] ?? 0
      const reason = this.#state.take({ step: record, partition, offset, time, routes: [] })
      count('alertmanager', reason, 1)
      hasChanged ||= reason === 'changed'
    }
    return hasChanged
  }

  /** One instance: all it should know, after each change, each resend, and each failure. */
  async #feed(url: string, bell: Bell, stopping: AbortSignal): Promise<void> {
    const { clock, receiver } = this.#options
    let attempt = 0
    while (!this.#claim.signal.aborted && !stopping.aborted) {
      let waitMs: number | undefined
      if (this.#isRestored) {
        const retryMs = await this.#post(url, ++attempt)
        if (retryMs === undefined) attempt = 0
        waitMs = retryMs ?? receiver.resendMs
      }
      const sleeping = new AbortController()
      // While an instance fails a change does not hurry it: it is in the next attempt anyway.
      const waits = attempt === 0 ? [bell.wait(sleeping.signal)] : [ended(stopping)]
      if (waitMs !== undefined) waits.push(clock.sleep(waitMs, sleeping.signal))
      await Promise.race(waits)
      sleeping.abort()
    }
  }

  /** Sends all; answers how long to wait where that failed. */
  async #post(url: string, attempt: number): Promise<number | undefined> {
    const { clock, post, random, count, receiver, spec, hopMsMax } = this.#options
    const now = clock.now()
    const alerts = this.#state.alerts(now)
    const steps = this.#state.untold()
    const endsAt = now + 4 * Math.max(receiver.resendMs, hopMsMax())
    let outcome: Told['outcome'] = 'sent'
    for (const chunk of chunksOf(alerts)) {
      const request = alertmanagerRequest(chunk, { url, externalUrl: spec.externalUrl, endsAt })
      const result = await post(request)
      const at = clock.now()
      const verdict = attemptVerdict({ result, attempt, plannedAt: at, now: at }, random)
      count(verdict.outcome, verdict.reason, 1)
      if (verdict.outcome === 'retry') {
        const old = steps.filter(({ time }) => at - time > GIVE_UP_AFTER_MS)
        await this.#tell(old, { outcome: 'gave_up', attempt })
        return verdict.waitMs
      }
      if (verdict.outcome === 'refused') outcome = 'refused'
    }
    await this.#tell(steps, { outcome, attempt })
    return undefined
  }

  async #tell(
    steps: ReturnType<AlertmanagerState['untold']>,
    { outcome, attempt }: Pick<Told, 'outcome' | 'attempt'>,
  ): Promise<void> {
    await this.#inTurn(async () => {
      const { log, clock, receiver } = this.#options
      const still = new Set(this.#state.untold().map(({ step }) => step.id))
      const tolds = steps
        .filter(({ step }) => still.has(step.id))
        .map(({ step }): Told => {
          const { id: of, fingerprint, episode: key, seq } = step
          const sent = clock.now()
          const name = receiver.name
          return {
            v: 1,
            kind: 'notice',
            of,
            fingerprint,
            receiver: name,
            outcome,
            attempt,
            sent,
            key,
            seq,
          }
        })
      if (tolds.length === 0) return
      const rows = tolds.map((told) => ({
        key: transitionKey(told),
        value: encodeTransition(told),
      }))
      await log.append('transitions', rows)
      for (const { of } of tolds) this.#state.told(of)
      await this.#commit()
    })
  }

  /** Instances and the reader take turns, so that a step is told once and positions keep order. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.#working.then(work)
    this.#working = mine.then(undefined, () => undefined)
    await mine
  }

  async #commit(): Promise<void> {
    if (!this.#isRestored) return
    await this.#options.log.commit(this.#claim, this.#state.floor(this.#next))
  }
}

const chunksOf = (alerts: readonly KeptAlert[]): KeptAlert[][] =>
  Array.from({ length: Math.ceil(alerts.length / ALERTS_AT_ONCE) }, (_, i) =>
    alerts.slice(i * ALERTS_AT_ONCE, (i + 1) * ALERTS_AT_ONCE),
  )

function ended(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  if (signal.aborted) resolve()
  return promise
}
