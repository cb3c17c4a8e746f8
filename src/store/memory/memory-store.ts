import { NocturneError } from '../../model/nocturne-error.ts'
import type { Step, Told } from '../../model/step.ts'
import type { WindowResult } from '../../model/window-result.ts'
import type { Clock } from '../../std/clock.ts'
import type { HistoryQuery, SeriesQuery, Store, WorstQuery } from '../store.ts'

/**
 * A store in memory, for tests and for what need not outlive the process: every query looks at
 * everything there is. Each one has an identity of its own, the time when it was made.
 */
export function openMemoryStore({ clock }: { readonly clock: Clock }): Store {
  return new MemoryStore(`memory-${clock.now()}`)
}

class MemoryStore implements Store {
  readonly #windows = new Map<string, WindowResult>()
  readonly #steps = new Map<string, Step>()
  readonly #told = new Map<string, Map<string, Told>>()
  readonly #identity: string
  #isClosed = false

  constructor(identity: string) {
    this.#identity = identity
  }

  async migrate(): Promise<string> {
    this.#assertOpen()
    return this.#identity
  }

  async upsertWindows(windows: readonly WindowResult[]): Promise<void> {
    this.#assertOpen()
    for (const window of windows) {
      const there = this.#windows.get(window.id)
      if (there === undefined || window.rev > there.rev) this.#windows.set(window.id, window)
    }
  }

  async upsertSteps(records: readonly (Step | Told)[]): Promise<void> {
    this.#assertOpen()
    for (const record of records) {
      if (record.kind === 'notice') this.#upsertTold(record)
      else if (!this.#steps.has(record.id)) this.#steps.set(record.id, record)
    }
  }

  async series(query: SeriesQuery): Promise<readonly WindowResult[]> {
    this.#assertOpen()
    const group = groupText(query.group)
    return this.#windows
      .values()
      .filter(({ scope, monitor }) => scope === query.scope && monitor === query.monitor)
      .filter(({ end }) => end > query.from && end <= query.to)
      .filter((window) => groupText(window.group) === group)
      .toArray()
      .sort((a, b) => a.end - b.end)
      .slice(0, query.limit)
  }

  async worst(query: WorstQuery): Promise<readonly WindowResult[]> {
    this.#assertOpen()
    const newest = new Map<string, WindowResult>()
    for (const window of this.#windows.values()) {
      const { id, monitor, closed, end } = window
      if (monitor !== query.monitor || !closed || end > query.at || end < query.notBefore) continue
      const stem = id.slice(0, id.lastIndexOf('|'))
      if (end > (newest.get(stem)?.end ?? -Infinity)) newest.set(stem, window)
    }
    const sign = query.order === 'highest' ? -1 : 1
    return [...newest]
      .filter(([, { values }]) => Object.hasOwn(values, query.value))
      .map(([stem, window]) => ({ stem, window, value: window.values[query.value]! }))
      .sort((a, b) => sign * (a.value - b.value) || (a.stem < b.stem ? -1 : 1))
      .slice(0, query.limit)
      .map(({ window }) => window)
  }

  async history(query: HistoryQuery): Promise<readonly (Step | Told)[]> {
    this.#assertOpen()
    const { fingerprint, from, to, limit } = query
    return this.#steps
      .values()
      .filter((step) => fingerprint === undefined || step.fingerprint === fingerprint)
      .filter(({ at }) => at > from && at <= to)
      .toArray()
      .sort((a, b) => b.at - a.at || b.seq - a.seq || (a.id < b.id ? 1 : -1))
      .slice(0, limit)
      .flatMap((step) => [step, ...this.#toldOf(step.id)])
  }

  async retain(beforeMs: number): Promise<number> {
    this.#assertOpen()
    let gone = 0
    for (const { id, end } of this.#windows.values()) {
      if (end < beforeMs && this.#windows.delete(id)) gone++
    }
    for (const { id, at } of this.#steps.values()) {
      if (at >= beforeMs) continue
      gone += 1 + (this.#told.get(id)?.size ?? 0)
      this.#steps.delete(id)
      this.#told.delete(id)
    }
    return gone
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #upsertTold(told: Told): void {
    const ofStep = this.#told.get(told.of) ?? new Map<string, Told>()
    this.#told.set(told.of, ofStep)
    const id = JSON.stringify([told.receiver, told.key, told.seq])
    if (told.attempt > (ofStep.get(id)?.attempt ?? -1)) ofStep.set(id, told)
  }

  #toldOf(id: string): readonly Told[] {
    const told = this.#told.get(id)?.values().toArray() ?? []
    return told.sort((a, b) => a.sent - b.sent || (a.receiver < b.receiver ? -1 : 1))
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new NocturneError('STORE_UNAVAILABLE', 'it is closed')
  }
}

/** Equal groups give equal texts, whatever the order of their names. */
const groupText = (group: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(group).sort(([a], [b]) => (a < b ? -1 : 1)))
