import type { RecordColumns } from '../../model/record-columns.ts'
import { weightOf } from '../../sketch/weight.ts'
import { advance, isSkewed, WATERMARK_NONE } from '../../window/watermark.ts'
import { CollectorNumbers } from './collector-numbers.ts'
import type { FieldBatch } from './field-batch.ts'
import { Numbering } from './numbering.ts'
import type { ResumeNote } from '../resume-note.ts'
import type { RowFacts } from './row-facts.ts'
import { newSource, type SourceState } from './source-state.ts'

/** Sites that one partition of `readings` may name. */
const SITES_MAX = 1000
const REFUSED = -1

export type IntakeSpec = {
  readonly site: string
  readonly skewMs: number
  /** Folds whose slices close by a source's watermark. */
  readonly folds: number
}

type Turn = { readonly serial: number; readonly readAt: number }

/** Decides per row, in partition order: a reading, a heartbeat, a repeat, or unreadable. */
export class RowIntake {
  readonly #spec: IntakeSpec
  readonly #batch: FieldBatch
  readonly #field: Readonly<Record<OwnField, number>>
  readonly #beat: number
  readonly #sites = new Numbering()
  readonly #collectors = new CollectorNumbers()
  readonly sources: SourceState[] = []
  repeats = 0
  #rows = new Int32Array(0)
  #watermarks = new Float64Array(0)
  #siteOfRow = new Int32Array(0)
  #weights = new Float64Array(0)

  constructor(spec: IntakeSpec, batch: FieldBatch) {
    this.#spec = spec
    this.#batch = batch
    this.#field = Object.fromEntries(OWN_FIELDS.map((name) => [name, batch.field(name)])) as Record<
      OwnField,
      number
    >
    this.#beat = batch.literal('beat')
  }

  /** Sets what a committed note said: watermarks by site, the last row of each collector. */
  restore({ watermarks, numbers }: ResumeNote): void {
    for (const [site, watermark] of watermarks) this.#source(site).watermark = watermark
    for (const [collector, last] of numbers) this.#collectors.restore(collector, last)
  }

  /** The inverse of `restore`, for the note beside a position (D3). */
  snapshot(): ResumeNote {
    return this.#note((source) => source.watermark, this.#collectors.newestFirst())
  }

  /** What `snapshot` would have said before the batch that was judged last. */
  snapshotBefore(): ResumeNote {
    return this.#note((source) => source.watermarkBefore, this.#collectors.newestFirstBefore())
  }

  forgetIds(): void {
    this.#collectors.forgetIds()
  }

  /** Judges every row of the batch; `rejected` gets the unreadable ones with their reasons. */
  judge(
    records: Pick<RecordColumns, 'count' | 'times'>,
    turn: Turn,
    rejected: (row: number, reason: string) => void,
  ): RowFacts {
    this.#reserve(records.count)
    this.#collectors.begin(turn.serial)
    for (const source of this.sources) source.watermarkBefore = source.watermark
    const count = this.#judgeRows(records, rejected)
    return {
      rows: this.#rows,
      count,
      watermarks: this.#watermarks,
      sites: this.#siteOfRow,
      weights: this.#batch.isAnywhere(this.#field.p) ? this.#weigh(count) : undefined,
      clusters: this.#batch.clusters,
      hasSpread: this.#batch.isAnywhere(this.#field.spread),
      times: records.times,
      serial: turn.serial,
      readAt: turn.readAt,
      sources: this.sources,
    }
  }

  /** Lists the rows to fold; answers how many they are. */
  #judgeRows(
    { count: rowCount, times }: Pick<RecordColumns, 'count' | 'times'>,
    rejected: (row: number, reason: string) => void,
  ): number {
    const { reasons, ids, numbers } = this.#batch
    const [siteIds, srcIds] = [ids[this.#field.site]!, ids[this.#field.src]!]
    const ts = numbers[this.#field.ts]!
    const [rows, sites, watermarks] = [this.#rows, this.#siteOfRow, this.#watermarks]
    const isNumbered = this.#batch.isAnywhere(this.#field.n)
    const hasFinal = this.#batch.isAnywhere(this.#field.final)
    const { skewMs } = this.#spec
    let [count, siteId, site] = [0, NaN, REFUSED]
    for (let row = 0; row < rowCount; row++) {
      const reason = reasons.size === 0 ? undefined : reasons.get(row)
      if (reason === undefined && siteIds[row] !== siteId) {
        siteId = siteIds[row]!
        site = this.#siteOf(siteId)
      }
      if (reason !== undefined || site === REFUSED) {
        this.#refuse()
        rejected(row, reason ?? 'site')
        continue
      }
      const source = this.sources[site]!
      source.heard = true
      source.isQuiet = false
      if (isNumbered && this.#isRepeat(row)) {
        this.repeats++
        continue
      }
      const at = ts[row]!
      // A replay's last heartbeat closes what is left, however far ahead of the clock that is.
      const isFinal = hasFinal && this.#batch.has(this.#field.final, row)
      if (isFinal) source.final = numbers[this.#field.final]![row]!
      // A skewed row is folded where it belongs; it only closes no window that others fill (W9).
      if (!isFinal && isSkewed(at, times[row]!, skewMs)) source.skewed++
      else source.watermark = advance(source.watermark, at)
      // A heartbeat moves the watermark and measures nothing.
      if (srcIds[row] === this.#beat) continue
      source.rows++
      rows[count++] = row
      sites[row] = site
      watermarks[row] = source.watermark
    }
    return count
  }

  #isRepeat(row: number): boolean {
    const { collector, n } = this.#field
    if (!this.#batch.has(n, row) || !this.#batch.has(collector, row)) return false
    const who = this.#batch.ids[collector]![row]!
    return this.#collectors.isRepeat(who, this.#batch.numbers[n]![row]!, this.#batch.strings)
  }

  /** What each folded row stands for; undefined if that is itself for all of them. */
  #weigh(count: number): Float64Array | undefined {
    const rates = this.#batch.numbers[this.#field.p]!
    const [mask, bit] = [this.#batch.mask(this.#field.p), this.#batch.bit(this.#field.p)]
    let [rate, weight, isSampled] = [1, 1, false]
    for (let i = 0; i < count; i++) {
      const row = this.#rows[i]!
      const now = (mask[row]! & bit) === 0 ? 1 : rates[row]!
      if (now !== rate) {
        rate = now
        weight = weightOf(rate)
      }
      this.#weights[row] = weight
      isSampled ||= weight !== 1
    }
    return isSampled ? this.#weights : undefined
  }

  /** Nothing of an unreadable row is known, so it is counted against our own site. */
  #refuse(): void {
    const source = this.#source(this.#spec.site)
    source.heard = true
    source.rejected++
  }

  /** Number of the site behind an interned string; −1 where it would be one too many (D5). */
  #siteOf(id: number): number {
    const { strings } = this.#batch
    const name = id < 0 ? this.#spec.site : strings.text(id)
    // Each site is a source that windows wait for: so many and no more.
    const isAdmitted = id < 0 || this.#sites.names.length < SITES_MAX || this.#sites.knows(name)
    return isAdmitted ? this.#numberOf(name) : REFUSED
  }

  #source(site: string): SourceState {
    return this.sources[this.#numberOf(site)]!
  }

  #numberOf(site: string): number {
    const number = this.#sites.ofName(site)
    this.sources[number] ??= newSource(site, this.#spec.folds)
    return number
  }

  #note(watermarkOf: (source: SourceState) => number, numbers: ResumeNote['numbers']): ResumeNote {
    const watermarks = this.sources
      .map((source) => [source.site, watermarkOf(source)] as const)
      .filter(([, watermark]) => watermark > WATERMARK_NONE)
    return { watermarks, numbers }
  }

  #reserve(rows: number): void {
    if (rows <= this.#rows.length) return
    const size = Math.max(1024, rows * 2)
    this.#rows = new Int32Array(size)
    this.#watermarks = new Float64Array(size)
    this.#siteOfRow = new Int32Array(size)
    this.#weights = new Float64Array(size)
  }
}

const OWN_FIELDS = ['ts', 'site', 'p', 'n', 'collector', 'src', 'final', 'spread'] as const
type OwnField = (typeof OWN_FIELDS)[number]
