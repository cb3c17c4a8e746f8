import type { Log, LogRecord } from '../log/log.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import { Bell } from '../std/bell.ts'
import type { Clock } from '../std/clock.ts'
import { InFlight } from '../std/in-flight.ts'
import type { Lane } from '../std/lane.ts'
import type { Store } from '../store/store.ts'
import { encodeFact } from '../wire/fact-codec.ts'
import { askStore } from './ask-store.ts'
import { noteAsked, type Due } from './group-watch.ts'
import type { QuerySlots } from './query-slots.ts'

/** How the asking goes; it alone writes. */
export type HistoryProgress = {
  /** Groups watched, per partition. */
  readonly groups: Map<number, number>
  /** Answers said in `panes`, and those of them in which something is not known. */
  facts: number
  unknown: number
  /** Answers that the store owed us, by the code of its failure. */
  readonly failures: Map<string, number>
  /** Groups of one too many (D5). */
  refused: number
}

export type AskerDeps = {
  readonly log: Log
  readonly store: Store
  readonly clock: Clock
  /** Shared with whatever else can wait. */
  readonly lane: Lane
  /** Shared by all partitions: so many queries are in flight in this process. */
  readonly slots: QuerySlots
  readonly progress: HistoryProgress
}

/** Sets that one partition asks for at once; each waits for a slot. */
const SETS_IN_FLIGHT_MAX = 8
const FACTS_PER_APPEND_MAX = 200
/** An answer that takes longer is none. */
const ANSWER_MS_MAX = 10_000
/** A store that failed is left alone for this long: what is due then is unknown at once. */
const LEFT_ALONE_MS = 5_000
/** So many turns a fact is good for, in event time: then it is stale by itself (H5). */
const TURNS_GOOD = 5

const NONE: ReadonlyMap<string, number | null> = new Map()

/** Asks the store for what is due and says the answers in `panes`, where rules are judged. */
export class FactAsker {
  readonly #deps: AskerDeps
  readonly #queue: Due[] = []
  readonly #bell = new Bell()
  readonly #inFlight = new InFlight(SETS_IN_FLIGHT_MAX)
  #records: LogRecord[] = []
  #leftAloneTo = -Infinity

  constructor(deps: AskerDeps) {
    this.#deps = deps
  }

  add(dues: readonly Due[]): void {
    if (dues.length === 0) return
    this.#queue.push(...dues)
    this.#bell.ring()
  }

  /** Until the signal aborts. @throws what the log throws: what was due is asked again then. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#queue.length === 0) await this.#bell.wait(signal)
      const some = this.#queue.splice(0, FACTS_PER_APPEND_MAX)
      for (const due of some) if (!signal.aborted) await this.#inFlight.add(this.#ask(due, signal))
      await this.#inFlight.drain()
      if (!signal.aborted) await this.#say()
    }
  }

  async #say(): Promise<void> {
    const records = this.#records
    this.#records = []
    if (records.length > 0) await this.#deps.log.append('panes', records)
  }

  async #ask(due: Due, signal: AbortSignal): Promise<void> {
    const { end } = due.watched
    const answers = await this.#answers(due, { end, signal })
    noteAsked(due, end, answers !== undefined)
    // Once it is said that nothing is known, that stays so until something is.
    const isUnknown = answers === undefined
    if (isUnknown && due.isSaidUnknown) return
    due.isSaidUnknown = isUnknown
    this.#note(due, end, answers ?? NONE)
  }

  #note({ watched, set }: Due, end: number, answers: ReadonlyMap<string, number | null>): void {
    const { progress } = this.#deps
    const { monitor, scope, group, key } = watched
    const { id, definition } = monitor.spec
    const facts = Object.fromEntries(
      Array.from(set.terms.keys(), (text) => [text, answers.get(text) ?? null] as const),
    )
    progress.facts++
    if (Object.values(facts).includes(null)) progress.unknown++
    const until = end + TURNS_GOOD * set.everyMs
    const value = encodeFact({
      ...{ v: 1, site: 'history', monitor: id, definition, scope, group, facts },
      ...{ at: end, until },
    })
    this.#records.push({ key, value })
  }

  /** By the texts of the terms; undefined where the store does not answer. */
  async #answers(
    { watched, set }: Due,
    { end, signal }: { readonly end: number; readonly signal: AbortSignal },
  ): Promise<ReadonlyMap<string, number | null> | undefined> {
    const { store, lane, clock, slots } = this.#deps
    const asker = { monitor: watched.monitor, scope: watched.scope, named: watched.named, end }
    const answers = new Map<string, number | null>()
    for (const [text, term] of set.terms) {
      const answer = await slots.run(async () => {
        if (clock.now() < this.#leftAloneTo || signal.aborted) return 'failed'
        return this.#inTime(() => askStore({ store, lane }, term, asker), signal)
      })
      if (answer === 'failed') return undefined
      answers.set(text, answer ?? null)
    }
    return answers
  }

  async #inTime<T>(query: () => Promise<T>, signal: AbortSignal): Promise<T | 'failed'> {
    const { clock } = this.#deps
    const over = new AbortController()
    const late = async (): Promise<'failed'> => {
      await clock.sleep(ANSWER_MS_MAX, AbortSignal.any([over.signal, signal]))
      if (!over.signal.aborted && !signal.aborted) this.#failed('STORE_TIMEOUT')
      return 'failed'
    }
    try {
      const answer = query()
      // Heard even where it comes too late.
      answer.catch(() => undefined)
      return await Promise.race([answer, late()])
    } catch (error) {
      if (!(error instanceof NocturneError) || !error.code.startsWith('STORE_')) throw error
      this.#failed(error.code)
      return 'failed'
    } finally {
      over.abort()
    }
  }

  #failed(code: string): void {
    const { clock, progress } = this.#deps
    this.#leftAloneTo = clock.now() + LEFT_ALONE_MS
    progress.failures.set(code, (progress.failures.get(code) ?? 0) + 1)
  }
}
