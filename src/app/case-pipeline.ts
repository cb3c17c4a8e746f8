import { historyTerms } from '../alert/history-terms.ts'
import { PartitionFold } from '../aggregate/partition-fold.ts'
import { ReadingIntake } from '../collect/reading-intake.ts'
import { beatRecords } from '../collect/heartbeat.ts'
import type { Config } from '../config/config.ts'
import { PartitionEvaluator } from '../evaluate/partition-evaluator.ts'
import { RecordReader } from '../evaluate/panes/record-reader.ts'
import type { Results } from '../evaluate/results.ts'
import type { LogRecord } from '../log/log.ts'
import type { ByteColumn, RecordColumns } from '../model/record-columns.ts'
import type { Step } from '../model/step.ts'
import type { WindowResult } from '../model/window-result.ts'
import { assert } from '../std/assert.ts'
import { SimulatedClock } from '../std/simulated-clock.ts'
import type { CaseAction } from './case-script.ts'
import { compileMapping } from '../wire/mapping.ts'
import type { BytesAt } from '../wire/pane-cursor.ts'

/** What a pipeline is made for. */
export type CasePipelineOptions = {
  readonly config: Config
  readonly startAt: number
  readonly partitions: number
  readonly isLive: boolean
}

type PastAction = Extract<CaseAction, { kind: 'past' }>

const COLLECTOR = 'case'
const CLOCK_EVERY_MS = 1000

/**
 * The path from a row to windows and steps in one thread, without a log: the collector's intake,
 * one fold for each partition of `readings`, one evaluator. Records are judged one by one, which is
 * as good as any batching (V5).
 */
export class CasePipeline {
  readonly #options: CasePipelineOptions
  readonly #clock: SimulatedClock
  readonly #intake: ReadingIntake
  readonly #folds: readonly PartitionFold[]
  readonly #evaluator: PartitionEvaluator
  readonly #records: RecordReader
  readonly #offsets: number[]
  #paneOffset = 0
  #clockedAt: number
  /** The newest revision of each window, by its id. */
  readonly windows = new Map<string, WindowResult>()
  /** In the order in which they happened. */
  readonly steps: Step[] = []
  readonly counts = { rows: 0, rejected: 0, late: 0, repeats: 0 }

  constructor(options: CasePipelineOptions) {
    const { config, startAt, partitions, isLive } = options
    const { site, monitors, skewMs, absentMs } = config
    this.#options = options
    this.#clock = new SimulatedClock(startAt)
    const hasMap = Object.keys(config.collect.map).length > 0
    this.#intake = new ReadingIntake({
      clock: this.#clock,
      partitions,
      source: COLLECTOR,
      ...(hasMap ? { map: compileMapping(config.collect.map) } : {}),
    })
    const spec = { site, monitors, partitions, panesPartitions: 1, skewMs, early: isLive }
    this.#folds = Array.from({ length: partitions }, (_, i) => new PartitionFold(spec, i))
    this.#offsets = this.#folds.map(() => 0)
    this.#evaluator = new PartitionEvaluator(
      { monitors, panesPartitions: 1, absentMs, live: isLive },
      0,
    )
    this.#records = new RecordReader(this.#evaluator.aggregatesOf)
    this.#clockedAt = startAt - CLOCK_EVERY_MS
    this.advance(startAt)
  }

  /** Moves the clock on; where wall time is judged, with a clock record each second (A7). */
  advance(at: number): void {
    if (this.#options.isLive) {
      while (this.#clockedAt + CLOCK_EVERY_MS <= at) {
        this.#clockedAt += CLOCK_EVERY_MS
        this.#clock.set(this.#clockedAt)
        this.#tick()
      }
    }
    this.#clock.set(at)
  }

  /** A row as a collector would meet it. */
  row(row: Readonly<Record<string, unknown>>): void {
    const admission = this.#intake.row({ ...row }, { position: COLLECTOR })
    this.#intake.takeRejected()
    if (!admission.ok) this.counts.rejected++
    else if (admission.record !== undefined) this.#append(admission.record)
  }

  heartbeat(beat: {
    readonly ts: number
    readonly site?: string
    readonly partition?: number
  }): void {
    const { ts, site = this.#options.config.site, partition } = beat
    const facts = { site, ts, collector: COLLECTOR, backlogBytes: 0 }
    for (const record of beatRecords(facts, this.#options.partitions)) {
      if (partition === undefined || record.partition === partition) this.#append(record)
    }
  }

  /** What the past of a group was, until something else is said; false where nobody asks it. */
  past({ monitor, term, number, fields }: PastAction): boolean {
    const { config } = this.#options
    const spec = config.monitors.find(({ id }) => id === monitor)
    if (spec === undefined || !historyTerms(spec.rules).has(term)) return false
    const scope = fields['scope'] ?? (spec.scopes.includes('all') ? 'all' : config.site)
    const group = spec.groupBy.map((name) => {
      const value = fields[name]
      return value === undefined ? null : String(value)
    })
    const { definition } = spec
    return this.#evaluator.fact({
      ...{ v: 1, site: 'history', monitor, definition, scope: String(scope), group },
      facts: { [term]: number },
      at: this.#clock.now(),
      until: Number.MAX_SAFE_INTEGER,
    })
  }

  #append({ partition = 0, value }: LogRecord): void {
    assert(value instanceof Uint8Array, 'a reading has a value')
    const fold = this.#folds[partition]!
    const now = this.#clock.now()
    const base = this.#offsets[partition]!
    this.#offsets[partition] = base + 1
    fold.fold(columnsOf(value, { base, appendedAt: now }), now)
    const { rows, rejected, late, repeats } = fold.takeCounts()
    this.counts.rows += rows
    this.counts.rejected += rejected
    this.counts.late += late
    this.counts.repeats += repeats
    for (const record of fold.emit(now)) this.#judge(record)
  }

  #judge(record: { readonly key: Uint8Array; readonly value: Uint8Array }): void {
    const results = this.#results()
    const facts = { offset: this.#paneOffset++, appendedAt: this.#clock.now() }
    const decoded = this.#records.read(whole(record.key), whole(record.value))
    if (decoded.kind === 'pane') this.#evaluator.pane({ ...decoded, ...facts }, results)
    else if (decoded.kind === 'watermark') this.#evaluator.watermark(decoded.watermark, results)
    this.#keep(results)
  }

  #tick(): void {
    const results = this.#results()
    const at = this.#clock.now()
    const clock = { v: 1, site: 'clock', partition: 0, epoch: 1, commands_to: 0, at } as const
    this.#evaluator.clock(clock, [], results)
    this.#keep(results)
  }

  #results(): Results {
    return { windows: [], steps: [], wall: this.#clock.now() }
  }

  #keep({ windows, steps }: Results): void {
    for (const { window } of windows) {
      const held = this.windows.get(window.id)
      if (held === undefined || window.rev > held.rev) this.windows.set(window.id, window)
    }
    this.steps.push(...steps)
  }
}

const whole = (bytes: Uint8Array): BytesAt => ({ bytes, start: 0, length: bytes.length })

function columnsOf(
  value: Uint8Array,
  { base, appendedAt }: { readonly base: number; readonly appendedAt: number },
): RecordColumns & { readonly base: number } {
  const column = (bytes: Uint8Array, length: number): ByteColumn => ({
    bytes,
    starts: Int32Array.of(0),
    lengths: Int32Array.of(length),
  })
  return {
    base,
    count: 1,
    offsets: Float64Array.of(base),
    times: Float64Array.of(appendedAt),
    keys: column(new Uint8Array(0), -1),
    values: column(value, value.length),
  }
}
