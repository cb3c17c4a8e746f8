import type { RecordColumns } from '../model/record-columns.ts'
import { advance, WATERMARK_NONE } from '../window/watermark.ts'
import { copied } from './copied.ts'
import type { FieldBatch } from './field-batch.ts'
import type { RowFacts } from './monitor-fold.ts'
import { CollectorNumbers } from './collector-numbers.ts'
import { Numbering } from './numbering.ts'
import type { ResumeNote } from './resume-note.ts'
import { newSource, type SourceState } from './source-state.ts'
import { weightOf } from '../sketch/weight.ts'

/** 2000-01-01 and 2100-01-01, the range of formats.md 1.3. */
const TS_MIN = 946_684_800_000
const TS_END = 4_102_444_800_000
/** Beyond these a time is in the wrong unit (formats.md 1.3). */
const TS_SECONDS = 1e11
const TS_MICROSECONDS = 1e14

/** Sites that one partition of `readings` may name. */
const SITES_MAX = 1000

export type IntakeSpec = {
  readonly site: string
  readonly skewMs: number
  readonly monitors: number
}

/** Decides per row, in partition order: a reading, a heartbeat, a repeat, or unreadable. */
export class RowIntake {
  readonly #spec: IntakeSpec
  readonly #batch: FieldBatch
  readonly #sites = new Numbering()
  readonly #collectors = new CollectorNumbers()
  readonly sources: SourceState[] = []
  repeats = 0
  #folds = new Uint8Array(0)
  #watermarks = new Float64Array(0)
  #siteOfRow = new Int32Array(0)
  #weights = new Float64Array(0)
  readonly #field: Readonly<Record<OwnField, number>>
  readonly #beat: number

  constructor(spec: IntakeSpec, batch: FieldBatch) {
    this.#spec = spec
    this.#batch = batch
    this.#field = Object.fromEntries(OWN_FIELDS.map((name) => [name, batch.field(name)])) as Record<
      OwnField,
      number
    >
    this.#beat = batch.literal('beat')
  }

  /** The source of a site, made when it is first met. */
  source(site: string): SourceState {
    const number = this.#sites.ofName(site)
    return (this.sources[number] ??= newSource(site, this.#spec.monitors))
  }

  /** Sets what a committed note said: watermarks by site, the last row of each collector. */
  restore({ watermarks, numbers }: ResumeNote): void {
    for (const [site, watermark] of watermarks) this.source(site).watermark = watermark
    for (const [collector, last] of numbers) this.#collectors.restore(collector, last)
  }

  /** The inverse of `restore`, for the note beside a position (D3). */
  snapshot(): ResumeNote {
    const known = this.sources.filter(({ watermark }) => watermark > WATERMARK_NONE)
    const watermarks = known.map(({ site, watermark }) => [site, watermark] as const)
    return { watermarks, numbers: this.#collectors.newestFirst() }
  }

  forgetIds(): void {
    this.#sites.forgetIds()
    this.#collectors.forgetIds()
  }

  /** Judges every row of the batch; `rejected` gets the unreadable ones with their reasons. */
  judge(
    records: RecordColumns,
    turn: { serial: number; readAt: number },
    rejected: (row: number, reason: string) => void,
  ): RowFacts {
    this.#reserve(records.count)
    this.#collectors.begin(turn.serial)
    for (let row = 0; row < records.count; row++) {
      const reason = this.#batch.reasons.get(row) ?? this.#fault(row)
      this.#folds[row] = 0
      const source = this.#sourceOf(row)
      source.heard = true
      if (reason !== undefined) {
        source.rejected++
        rejected(row, reason)
      } else if (this.#isRepeat(row)) this.repeats++
      else this.#accept(source, row, records.times[row]!)
      this.#watermarks[row] = source.watermark
    }
    return {
      folds: this.#folds,
      watermarks: this.#watermarks,
      sites: this.#siteOfRow,
      weights: this.#weights,
      times: records.times,
      ...turn,
    }
  }

  #accept(source: SourceState, row: number, appendedAt: number): void {
    const batch = this.#batch
    const ts = batch.numbers[this.#field.ts]![row]!
    const isBeat = batch.ids[this.#field.src]![row] === this.#beat
    if (batch.has(this.#field.final, row)) source.final = batch.numbers[this.#field.final]![row]!
    // A replay's last heartbeat closes what is left, however far ahead of the clock that is.
    const skewMs = batch.has(this.#field.final, row) ? Infinity : this.#spec.skewMs
    const step = advance(source.watermark, { ts, appendedAt }, skewMs)
    source.watermark = step.watermark
    // A skewed row is folded where it belongs; it only closes no window that others fill (W9).
    if (step.isSkewed) source.skewed++
    if (!isBeat) this.#fold(source, row)
  }

  #fold(source: SourceState, row: number): void {
    source.rows++
    this.#folds[row] = 1
    const p = this.#field.p
    this.#weights[row] = this.#batch.has(p, row) ? weightOf(this.#batch.numbers[p]![row]!) : 1
  }

  #isRepeat(row: number): boolean {
    const { collector, n } = this.#field
    if (!this.#batch.has(n, row) || !this.#batch.has(collector, row)) return false
    const who = this.#batch.ids[collector]![row]!
    return this.#collectors.isRepeat(who, this.#batch.numbers[n]![row]!, this.#batch.strings)
  }

  #sourceOf(row: number): SourceState {
    const id = this.#batch.reasons.has(row) ? -1 : this.#batch.ids[this.#field.site]![row]!
    const isOurs = id < 0 || !this.#isSiteAdmitted(row)
    const number = isOurs
      ? this.#sites.ofName(this.#spec.site)
      : this.#sites.ofId(id, this.#batch.strings)
    this.#siteOfRow[row] = number
    return (this.sources[number] ??= newSource(this.#sites.names[number]!, this.#spec.monitors))
  }

  /** Each site is a source that windows wait for: so many and no more (D5). */
  #isSiteAdmitted(row: number): boolean {
    const id = this.#batch.ids[this.#field.site]![row]!
    if (id < 0 || this.#sites.names.length < SITES_MAX) return true
    return this.#sites.knows(this.#batch.strings.text(id))
  }

  /** Readers check `ts`, `stream` and `p` although collectors do (formats.md 1.3). */
  #fault(row: number): string | undefined {
    const batch = this.#batch
    const ts = batch.numbers[this.#field.ts]![row]!
    if (!batch.has(this.#field.ts, row) || !Number.isInteger(ts)) return 'ts'
    if (Math.abs(ts) < TS_SECONDS || Math.abs(ts) > TS_MICROSECONDS) return 'ts_unit'
    // A replay's last heartbeat lies beyond its last row, which may lie at the very end.
    const isFinal = batch.has(this.#field.final, row)
    if (!isFinal && (ts < TS_MIN || ts >= TS_END)) return 'ts_range'
    if (!this.#isSiteAdmitted(row)) return 'site'
    if (!batch.has(this.#field.stream, row)) return 'stream'
    if (batch.ids[this.#field.stream]![row] === batch.literal('')) return 'stream'
    const p = batch.has(this.#field.p, row) ? batch.numbers[this.#field.p]![row]! : 1
    return p >= 1e-6 && p <= 1 ? undefined : 'p'
  }

  #reserve(rows: number): void {
    if (rows <= this.#folds.length) return
    const size = Math.max(1024, rows * 2)
    this.#folds = copied(new Uint8Array(size), this.#folds)
    this.#watermarks = new Float64Array(size)
    this.#siteOfRow = new Int32Array(size)
    this.#weights = new Float64Array(size)
  }
}

const OWN_FIELDS = ['ts', 'site', 'stream', 'p', 'n', 'collector', 'src', 'final'] as const
type OwnField = (typeof OWN_FIELDS)[number]
