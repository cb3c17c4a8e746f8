import type { Claim, Log } from '../../log/log.ts'
import type { Step, Told } from '../../model/step.ts'
import { decodeTransition } from '../../wire/step-codec.ts'

/** The hops of a reading on its way to a person (A71), in their order. */
export type ReceiptHop = 'appended' | 'read' | 'pane' | 'closed' | 'fired' | 'noticed'

/** Says how long one hop of one alert took, in seconds. */
export type HopTaken = (hop: ReceiptHop, seconds: number) => void

/** Alerts that fired and were not told yet, remembered for their last hop (D5). */
const FIRED_MAX = 10_000
const TURN_BYTES_MAX = 262_144

/**
 * Reads `transitions` from now on and tells the hops of each alert that fires, and how long until
 * a receiver had it. Whatever process or thread decided the alert: its receipt travels with it.
 */
export async function watchReceipts(log: Log, taken: HopTaken, signal: AbortSignal): Promise<void> {
  const all = { topics: ['transitions'], sessionMs: 10_000, rebalanceMs: 60_000 }
  const watch = new ReceiptWatch(taken)
  const reading: Promise<void>[] = []
  for await (const claim of log.claims({ ...all, start: 'latest' }, signal)) {
    reading.push(read({ log, claim, watch }))
  }
  for (const each of reading) await each
}

async function read(given: {
  readonly log: Log
  readonly claim: Claim
  readonly watch: ReceiptWatch
}): Promise<void> {
  const { log, claim, watch } = given
  const position = await log.position(claim)
  for await (const { values, count } of log.read(claim, { position, bytesMax: TURN_BYTES_MAX })) {
    for (let row = 0; row < count; row++) {
      const start = values.starts[row]!
      const end = start + Math.max(0, values.lengths[row]!)
      const decoded = decodeTransition(values.bytes.subarray(start, end))
      if (decoded.ok) watch.take(decoded.record)
    }
  }
}

/** Turns steps and what was told of them into hops. */
export class ReceiptWatch {
  readonly #taken: HopTaken
  readonly #firedAtById = new Map<string, number>()

  constructor(taken: HopTaken) {
    this.#taken = taken
  }

  take(record: Step | Told): void {
    if (record.kind === 'notice') this.#told(record)
    else if (record.step === 'firing') this.#fired(record)
  }

  #fired({ id, receipt }: Step): void {
    const { event, appended, read, pane, closed, fired } = receipt
    const stops = [
      ['appended', appended],
      ['read', read],
      ['pane', pane],
      ['closed', closed],
      ['fired', fired],
    ] as const
    let before = event
    for (const [hop, at] of stops) {
      if (at === null) continue
      this.#hop(hop, before, at)
      before = at
    }
    this.#firedAtById.set(id, fired)
    for (const oldest of this.#firedAtById.keys()) {
      if (this.#firedAtById.size <= FIRED_MAX) break
      this.#firedAtById.delete(oldest)
    }
  }

  #told({ of, outcome, sent }: Told): void {
    if (outcome !== 'sent') return
    this.#hop('noticed', this.#firedAtById.get(of) ?? null, sent)
  }

  /** Clocks of machines differ: a hop that seems to end before it began took no time. */
  #hop(hop: ReceiptHop, from: number | null, to: number): void {
    if (from !== null) this.#taken(hop, Math.max(0, to - from) / 1000)
  }
}
