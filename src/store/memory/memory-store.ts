import { NocturneError } from '../../model/nocturne-error.ts'
import type { RollUp, SiteMinute, Tier } from '../../model/roll-up.ts'
import type { Step, Told } from '../../model/step.ts'
import type { WindowResult } from '../../model/window-result.ts'
import type { Clock } from '../../std/clock.ts'
import type {
  CoverageQuery,
  HistoryPlace,
  HistoryQuery,
  KeptFrom,
  SeriesQuery,
  Store,
  StoreRows,
  WorstQuery,
} from '../store.ts'

/**
 * A store in memory, for tests and for what need not outlive the process: every query looks at
 * everything there is. Each one has an identity of its own, the time when it was made.
 */
export function openMemoryStore({ clock }: { readonly clock: Clock }): Store {
  return new MemoryStore(`memory-${clock.now()}`)
}

class MemoryStore implements Store {
  readonly #tiers: Readonly<Record<Tier, Map<string, WindowResult | RollUp>>> = {
    live: new Map(),
    minute: new Map(),
    hour: new Map(),
  }
  readonly #minutes = new Map<string, SiteMinute>()
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

  async upsert({ windows = [], rollUps = [], steps = [], coverage = [] }: StoreRows) {
    this.#assertOpen()
    for (const window of windows) keepNewest(this.#tiers.live, window.id, window)
    for (const rollUp of rollUps) keepNewest(this.#tiers[rollUp.tier], rollUp.id, rollUp)
    for (const record of steps) {
      if (record.kind === 'notice') this.#upsertTold(record)
      else if (!this.#steps.has(record.id)) this.#steps.set(record.id, record)
    }
    for (const minute of coverage)
      keepNewest(this.#minutes, JSON.stringify([minute.site, minute.at]), minute)
  }

  async series(query: SeriesQuery): Promise<readonly (WindowResult | RollUp)[]> {
    this.#assertOpen()
    const group = groupText(query.group)
    return this.#tiers[query.tier]
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
    for (const window of this.#tiers.live.values()) {
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
      .slice(query.skip ?? 0, (query.skip ?? 0) + query.limit)
      .map(({ window }) => window)
  }

  async history(query: HistoryQuery): Promise<readonly (Step | Told)[]> {
    this.#assertOpen()
    const { fingerprint, from, to, after, limit } = query
    return this.#steps
      .values()
      .filter((step) => fingerprint === undefined || step.fingerprint === fingerprint)
      .filter(({ at }) => at > from && at <= to)
      .toArray()
      .filter((step) => after === undefined || newestFirst(after, step) < 0)
      .sort(newestFirst)
      .slice(0, limit)
      .flatMap((step) => [step, ...this.#toldOf(step.id)])
  }

  async coverage({ site, from, to, limit }: CoverageQuery): Promise<readonly SiteMinute[]> {
    this.#assertOpen()
    return this.#minutes
      .values()
      .filter((minute) => minute.site === site && minute.at >= from && minute.at < to)
      .toArray()
      .sort((a, b) => a.at - b.at)
      .slice(0, limit)
  }

  async retain(keptFrom: KeptFrom): Promise<number> {
    this.#assertOpen()
    let gone = 0
    for (const tier of ['live', 'minute', 'hour'] as const) {
      for (const { id, end } of this.#tiers[tier].values()) {
        if (end < keptFrom[tier] && this.#tiers[tier].delete(id)) gone++
      }
    }
    for (const [key, { at }] of this.#minutes) {
      if (at < keptFrom.coverage && this.#minutes.delete(key)) gone++
    }
    for (const { id, at } of this.#steps.values()) {
      if (at >= keptFrom.steps) continue
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

function keepNewest<T extends { readonly rev: number }>(
  rows: Map<string, T>,
  key: string,
  row: T,
): void {
  if (row.rev > (rows.get(key)?.rev ?? -Infinity)) rows.set(key, row)
}

const newestFirst = (a: HistoryPlace, b: HistoryPlace): number =>
  b.at - a.at || b.seq - a.seq || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0)

/** Equal groups give equal texts, whatever the order of their names. */
const groupText = (group: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(group).sort(([a], [b]) => (a < b ? -1 : 1)))
