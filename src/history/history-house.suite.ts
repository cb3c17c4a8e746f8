import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { readToEnd, type Claim, type Log } from '../log/log.ts'
import { openMemoryLog } from '../log/memory/memory-log.ts'
import { topicSpec } from '../log/suite/log-rig.suite.ts'
import type { Expression } from '../model/expression.ts'
import type { HistoryTerm } from '../model/history-term.ts'
import type { MonitorSpec, RuleSpec } from '../model/monitor.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import type { FactRecord } from '../model/pane.ts'
import { bytesOf } from '../model/record-columns.ts'
import type { RollUp } from '../model/roll-up.ts'
import type { WindowResult } from '../model/window-result.ts'
import { Lane } from '../std/lane.ts'
import { Replaceable } from '../std/replaceable.ts'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { SeriesQuery, Store } from '../store/store.ts'
import { decodePanesRecord, paneKey } from '../wire/pane-codec.ts'
import { encodeWindow } from '../wire/window-codec.ts'
import { historySpec, type HistorySpec } from './history-spec.ts'
import { keepHistory, newHistoryProgress } from './keep-history.ts'
import { QuerySlots } from './query-slots.ts'

/** Midnight of a day, so that hours and minutes are easy to read. */
export const NIGHT = 1_795_392_000_000
const DEFINITION = '00000000000000aa'

/** `retrans > term`, of a monitor per stream with windows of 10 s every 10 s. */
export function asking(terms: readonly HistoryTerm[], given: Partial<MonitorSpec> = {}) {
  const levels = terms.map((term): RuleSpec['levels'][number] => {
    const when: Expression = { op: '>', left: { op: 'name', name: 'retrans' }, right: term }
    return { severity: 'warning', when }
  })
  const rule: RuleSpec = {
    ...{ id: 'm/High', alert: 'High', monitor: 'm', levels, forMs: 0, clearForMs: 0 },
    ...{ absentSeverity: 'warning', empty: 'unknown', scopes: ['all'], early: false },
    ...{ freezeMaxMs: 300_000, instancesMax: 10, layer: 'transport', labels: {}, annotations: {} },
  }
  const monitor: MonitorSpec = {
    id: 'm',
    definition: DEFINITION,
    groupBy: ['stream'],
    window: { sizeMs: 10_000, hopMs: 10_000, latenessMs: 0, emitMs: 0, correctionMs: 60_000 },
    aggregates: [
      { name: 'retrans', kind: 'sum', field: 'retrans', digits: 0 },
      { name: 'rows', kind: 'count', digits: 0 },
      { name: 'p95', kind: 'quantile', field: 'rtt_ms', q: 0.95, digits: 0 },
      { name: 'viewers', kind: 'distinct', field: 'session', digits: 0 },
    ],
    values: [
      {
        name: 'each',
        expression: {
          op: '/',
          left: { op: 'name', name: 'retrans' },
          right: { op: 'name', name: 'rows' },
        },
      },
    ],
    rules: [rule],
    scopes: ['all'],
    ...given,
  }
  return monitor
}

/** A closed window of a stream over all sites. */
export function windowAt(
  end: number,
  values: Readonly<Record<string, number>>,
  given: Partial<WindowResult> & { readonly stream?: string } = {},
): WindowResult {
  const { stream = 'arena-1', ...more } = given
  const scope = more.scope ?? 'all'
  return {
    v: 1,
    id: `${scope}|m|${JSON.stringify([stream])}|${end}`,
    ...{ scope, monitor: 'm', definition: DEFINITION, group: { stream } },
    ...{ start: end - 10_000, end, rev: 4097, closed: true, rows: 1, values },
    sources: { expected: 1, reported: 1, missing: [] },
    ...{ complete: true, corrected: false },
    receipt: { event: end, read: end, pane: end, closed: end },
    ...more,
  }
}

/** A minute or an hour of it. */
export function rollUpAt(
  end: number,
  values: Readonly<Record<string, number>>,
  given: Partial<RollUp> = {},
): RollUp {
  const { tier = 'minute', states = [], ...more } = given
  const start = end - (tier === 'minute' ? 60_000 : 3_600_000)
  return { ...windowAt(end, values, { ...more, start }), tier, states }
}

/** A store that a test can take away: `isDown` refuses, `isHanging` never answers. */
export type BreakableStore = Store & { isDown: boolean; isHanging: boolean; asked: SeriesQuery[] }

function breakable(store: Store): BreakableStore {
  const series = store.series.bind(store)
  const state = { isDown: false, isHanging: false, asked: [] as SeriesQuery[] }
  return Object.assign(store, state, {
    async series(this: BreakableStore, query: SeriesQuery) {
      this.asked.push(query)
      if (this.isDown) throw new NocturneError('STORE_UNAVAILABLE', 'down for a while')
      if (this.isHanging) return new Promise<never>(() => undefined)
      return series(query)
    },
  })
}

/** The reader for history on a log and a store in memory. */
export class HistoryHouse {
  readonly clock = new SimulatedClock(NIGHT)
  readonly log: Log = openMemoryLog({ clock: this.clock })
  readonly store = breakable(openMemoryStore({ clock: this.clock }))
  readonly progress = newHistoryProgress()
  readonly spec: Replaceable<HistorySpec>
  readonly #ending = new AbortController()
  #done: Promise<void> = Promise.resolve()

  constructor(monitors: readonly MonitorSpec[], judgedElsewhere: readonly string[] = []) {
    this.spec = new Replaceable(historySpec(monitors, judgedElsewhere))
  }

  async start(): Promise<this> {
    for (const topic of ['windows', 'panes']) await this.log.createTopic(topicSpec({ topic }))
    const { log, store, clock, spec, progress } = this
    const shared = { lane: new Lane(clock), slots: new QuerySlots(8) }
    const deps = { log, store, clock, spec, progress, ...shared }
    const claim = await this.#claim()
    this.#done = keepHistory(deps, claim).finally(() => claim.release())
    await this.settle()
    return this
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    await this.#done
  }

  /** Appends windows as the evaluator would, and lets the reader come to rest. */
  async close(...windows: readonly WindowResult[]): Promise<void> {
    const records = windows.map((window) => ({
      key: paneKey(window.monitor, Object.values(window.group)),
      value: encodeWindow(window),
    }))
    await this.log.append('windows', records)
    await this.settle()
  }

  async settle(): Promise<void> {
    for (let i = 0; i < 60; i++) await setImmediate()
  }

  /** What was said so far, in order. */
  async facts(): Promise<readonly FactRecord[]> {
    const facts: FactRecord[] = []
    for await (const batch of readToEnd(this.log, { topic: 'panes', partition: 0 })) {
      for (let row = 0; row < batch.count; row++) {
        const [key, value] = [bytesOf(batch.keys, row).slice(), bytesOf(batch.values, row).slice()]
        const decoded = decodePanesRecord({ key, value })
        assert.equal(decoded.kind, 'fact')
        if (decoded.kind === 'fact') facts.push(decoded.fact)
        assert.deepEqual(key, paneKey('m', facts.at(-1)?.group ?? []))
      }
    }
    return facts
  }

  async #claim(): Promise<Claim> {
    const times = { sessionMs: 10_000, rebalanceMs: 60_000 }
    const group = { topics: ['windows'], start: 'earliest', group: 'history', ...times } as const
    const claims = this.log.claims(group, this.#ending.signal)
    const first = await claims[Symbol.asyncIterator]().next()
    assert.ok(first.done !== true)
    return first.value
  }
}
