import type { MonitorSpec } from '../model/monitor.ts'
import type { Watermark } from '../model/pane.ts'
import type { RecordColumns } from '../model/record-columns.ts'
import { sliceMsOf } from '../window/slice.ts'
import { WATERMARK_NONE } from '../window/watermark.ts'
import { watermarkKey } from '../wire/pane-codec.ts'
import { encodeWatermark } from '../wire/watermark-codec.ts'
import type { AggregateReaderSpec } from './aggregate-spec.ts'
import { FieldBatch } from './rows/field-batch.ts'
import { PaneBlock, type PaneRecord } from './pane-block.ts'
import { PaneEmission } from './pane-emission.ts'
import { decodeResumeNote, encodeResumeNote } from './resume-note.ts'
import { RowIntake } from './rows/row-intake.ts'
import { SharedFold } from './shared-fold.ts'
import { DerivedColumns } from './derived/derived-columns.ts'
import type { SourceState } from './rows/source-state.ts'
import { fieldBatchOf } from './wanted-fields.ts'

/** A row of the batch in hand that no pane took, and why. */
export type Refusal =
  | { readonly row: number; readonly kind: 'rejected'; readonly reason: string }
  | {
      readonly row: number
      readonly kind: 'late'
      readonly monitors: readonly string[]
      readonly ts: number
      readonly watermark: number
    }

type Counts = {
  readonly rows: number
  readonly rejected: number
  readonly late: number
  readonly repeats: number
}

type Records = Pick<RecordColumns, 'count' | 'times'> & { readonly base: number }

/** A watermark record leaves at least this often while its source speaks (P6). */
const WATERMARK_EVERY_MS = 1000
/** Groups numbered before the first look whether they are still in use. */
const GROUPS_MIN = 65_536

/**
 * The fold over one partition of `readings`: rows in, panes out (W5–W8, P1, P2, P5). No I/O: the
 * reader around it appends what it answers. Its whole state can be had again by reading from the
 * position that `resumeAt` names (D3).
 */
export class PartitionFold {
  readonly #spec: AggregateReaderSpec
  readonly #partition: number
  readonly #batch: FieldBatch
  readonly #derived: DerivedColumns
  readonly #intake: RowIntake
  readonly #folds: readonly Fold[]
  readonly #block = new PaneBlock()
  #serial = 0
  #groupsMax = GROUPS_MIN
  /** Batches that opened a slice still there: where they began, and what was known then. */
  #marks: { readonly serial: number; readonly offset: number; readonly note: string }[] = []
  #counts = { rows: 0, rejected: 0, late: 0 }

  /** `batch` is where rows are read into: whoever has read them already calls `foldBatch`. */
  constructor(
    spec: AggregateReaderSpec,
    partition: number,
    batch: FieldBatch = fieldBatchOf(spec.monitors),
  ) {
    this.#spec = spec
    this.#partition = partition
    this.#batch = batch
    this.#derived = new DerivedColumns(batch)
    const alike = Map.groupBy(spec.monitors, (monitor) => sharedName(monitor, spec.early))
    this.#folds = [...alike.values()].map((monitors) => {
      const fold = new SharedFold(monitors, batch, this.#derived)
      const emitMs = emitMsOf(monitors[0]!, spec.early)
      return { fold, emission: new PaneEmission(fold, { partition, emitMs }) }
    })
    const { site, skewMs } = spec
    this.#intake = new RowIntake({ site, skewMs, folds: this.#folds.length }, batch)
  }

  /** What was folded and refused since this was asked last. */
  takeCounts(): Counts {
    const counts = { ...this.#counts, repeats: this.#intake.repeats }
    this.#counts = { rows: 0, rejected: 0, late: 0 }
    this.#intake.repeats = 0
    return counts
  }

  /** Continues from a committed position's note. */
  restore(note: string): void {
    this.#intake.restore(decodeResumeNote(note))
  }

  /** Folds one run of records; answers the rows that no pane took. */
  fold(records: RecordColumns & { readonly base: number }, readAt: number): readonly Refusal[] {
    if (this.#batch.needsRenewal(records.count)) this.#renewStrings()
    this.#batch.read(records)
    return this.foldBatch(records, readAt)
  }

  /** Folds the run of records whose fields the batch holds already. */
  foldBatch(records: Records, readAt: number): readonly Refusal[] {
    this.#forgetGroups()
    const serial = ++this.#serial
    const refusals: Refusal[] = []
    const facts = this.#intake.judge(records, { serial, readAt }, (row, reason) => {
      refusals.push({ row, kind: 'rejected', reason })
    })
    this.#counts.rows += facts.count
    this.#counts.rejected += refusals.length
    const lost = new Map<number, string[]>()
    for (const { fold } of this.#folds) {
      const rows = fold.fold(facts)
      if (rows.length > 0) noteLost(lost, rows, fold)
    }
    if (this.#folds.some(({ fold }) => fold.openedIn === serial)) {
      const note = encodeResumeNote(this.#intake.snapshotBefore())
      this.#marks.push({ serial, offset: records.base, note })
    }
    this.#counts.late += lost.size
    const ts = this.#batch.numbers[this.#batch.field('ts')]!
    for (const [row, monitors] of lost) {
      this.#intake.sources[facts.sites[row]!]!.late++
      const watermark = facts.watermarks[row]!
      refusals.push({ row, kind: 'late', monitors, ts: ts[row]!, watermark })
    }
    return refusals
  }

  /** All that is due at this wall time in one piece; see `portions`. */
  emit(now: number): readonly PaneRecord[] {
    return [...this.portions(now, Infinity)].flat()
  }

  /**
   * The panes and watermark records that are due at this wall time, about `bytesMax` at a time.
   * Panes come before the watermark that closes their windows, in every partition of `panes`. The
   * bytes of a portion are valid until the next is asked for, or something is folded.
   */
  *portions(now: number, bytesMax: number): Generator<readonly PaneRecord[]> {
    const room = { block: this.#block, bytesMax }
    const watermarks: PaneRecord[] = []
    const isShown = this.#folds.map(({ emission }) => emission.showsAt(now))
    for (const [number, source] of this.#intake.sources.entries()) {
      const { site, watermark } = source
      if (watermark === WATERMARK_NONE || (source.isQuiet && !source.heard)) continue
      source.isQuiet = true
      for (const [i, { emission }] of this.#folds.entries()) {
        const turn = { site, number, watermark, isShown: isShown[i]! }
        if (emission.isDue(turn)) {
          for (const _full of emission.write(turn, room)) yield this.#block.take()
        }
        source.isQuiet &&= !emission.isWaiting(number)
      }
      if (this.#isWatermarkDue(source, now)) watermarks.push(...this.#watermarkRecords(source, now))
    }
    const last = [...this.#block.take(), ...watermarks]
    if (last.length > 0) yield last
  }

  /** The oldest position from which every slice can be had again, with its note (D3). */
  resumeAt(next: number): { readonly offset: number; readonly note: string } {
    let oldest = Infinity
    for (const { fold } of this.#folds) oldest = Math.min(oldest, fold.store.oldestSerial())
    this.#marks = this.#marks.filter((mark) => mark.serial >= oldest)
    const [mark] = this.#marks
    return mark ?? { offset: next, note: encodeResumeNote(this.#intake.snapshot()) }
  }

  /** A source speaks at once when it has closed a slice of any length, else once a second (P6). */
  #isWatermarkDue(source: SourceState, now: number): boolean {
    if (!source.heard) return false
    let isCrossed = false
    for (const [i, { fold }] of this.#folds.entries()) {
      const edge = Math.floor((source.watermark - fold.window.latenessMs) / fold.sliceMs)
      isCrossed ||= edge !== source.edges[i]
      source.edges[i] = edge
    }
    return isCrossed || now - source.writtenAt >= WATERMARK_EVERY_MS
  }

  #watermarkRecords(source: SourceState, now: number): readonly PaneRecord[] {
    source.heard = false
    source.writtenAt = now
    const watermark: Watermark = {
      v: 1,
      site: source.site,
      partition: this.#partition,
      of: this.#spec.partitions,
      watermark: source.watermark,
      rows: source.rows,
      late: source.late,
      skewed: source.skewed,
      rejected: source.rejected,
      at: now,
      ...(source.final === undefined ? {} : { final: source.final }),
    }
    const key = watermarkKey(source.site, this.#partition)
    const value = encodeWatermark(watermark)
    return Array.from({ length: this.#spec.panesPartitions }, (_, partition) => ({
      key,
      value,
      partition,
    }))
  }

  #renewStrings(): void {
    const { before, after } = this.#batch.renewStrings()
    const translated = new Map<number, number>()
    this.#renumberGroups((id) => {
      if (id < 0) return id
      let now = translated.get(id)
      if (now === undefined) translated.set(id, (now = after.internText(before.text(id))))
      return now
    })
    this.#intake.forgetIds()
  }

  /** Lets go of groups without rows in any slice, before they are more than those with (D5). */
  #forgetGroups(): void {
    let size = 0
    for (const table of this.#derived.groupTables.values()) size = Math.max(size, table.size)
    if (size <= this.#groupsMax) return
    this.#renumberGroups((id) => id)
    size = 0
    for (const table of this.#derived.groupTables.values()) size = Math.max(size, table.size)
    this.#groupsMax = Math.max(GROUPS_MIN, size * 2)
  }

  #renumberGroups(translate: (id: number) => number): void {
    for (const table of this.#derived.groupTables.values()) {
      const folds = this.#folds.filter(({ fold }) => fold.groups === table)
      const isUsed = new Uint8Array(table.size)
      for (const { fold } of folds) fold.store.markGroups(isUsed)
      const numbers = table.renumber(isUsed, translate)
      for (const { fold } of folds) fold.store.renumber(numbers)
    }
  }
}

type Fold = { readonly fold: SharedFold; readonly emission: PaneEmission }

/** How often open panes are shown: only where some rule can fire on an open window (V3, P5). */
const emitMsOf = ({ rules, window }: MonitorSpec, early: boolean): number =>
  early && rules.some((rule) => rule.early) ? window.emitMs : Infinity

/** Monitors of one name share their slices and show them together. */
function sharedName(monitor: MonitorSpec, early: boolean): string {
  const { where, groupBy, window } = monitor
  const { latenessMs, correctionMs } = window
  const shape = [sliceMsOf(window), latenessMs, correctionMs, emitMsOf(monitor, early)]
  return JSON.stringify([where, groupBy, shape])
}

function noteLost(
  lost: Map<number, string[]>,
  rows: readonly number[],
  { monitors }: SharedFold,
): void {
  const ids = monitors.map(({ spec }) => spec.id)
  for (const row of rows) {
    const names = lost.get(row)
    if (names === undefined) lost.set(row, [...ids])
    else names.push(...ids)
  }
}
