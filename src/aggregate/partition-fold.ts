import type { RecordColumns } from '../model/record-columns.ts'
import { WATERMARK_NONE } from '../window/watermark.ts'
import type { AggregateReaderSpec } from './aggregate-spec.ts'
import { MonitorFolds } from './monitor-folds.ts'
import { PaneBlock, type PaneRecord } from './pane-block.ts'
import { decodeResumeNote, encodeResumeNote } from './resume-note.ts'
import type { FieldBatch } from './rows/field-batch.ts'
import { RowIntake } from './rows/row-intake.ts'
import { fieldBatchOf } from './wanted-fields.ts'
import { dueWatermarks, type WatermarkSpec } from './watermark-records.ts'

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
  /** Rows left to `JSON.parse`, in the order of `bailReasons`. */
  readonly bails: readonly number[]
}

type Records = Pick<RecordColumns, 'count' | 'times'> & { readonly base: number }

/**
 * The fold over one partition of `readings`: rows in, panes out (W5–W8, P1, P2, P5). No I/O: the
 * reader around it appends what it answers. Its whole state can be had again by reading from the
 * position that `resumeAt` names (D3).
 */
export class PartitionFold {
  readonly #spec: WatermarkSpec
  readonly #batch: FieldBatch
  readonly #intake: RowIntake
  readonly #folds: MonitorFolds
  readonly #block = new PaneBlock()
  #serial = 0
  /** Batches that opened a slice still there: where they began, and what was known then. */
  #marks: { readonly serial: number; readonly offset: number; readonly note: string }[] = []
  #counts = { rows: 0, rejected: 0, late: 0 }

  /** `batch` is where rows are read into: whoever has read them already calls `foldBatch`. */
  constructor(
    spec: AggregateReaderSpec,
    partition: number,
    batch: FieldBatch = fieldBatchOf(spec.monitors),
  ) {
    const { site, monitors, partitions, panesPartitions, skewMs, early } = spec
    this.#spec = { partition, partitions, panesPartitions }
    this.#batch = batch
    this.#folds = new MonitorFolds(monitors, batch, { partition, early })
    this.#intake = new RowIntake({ site, skewMs, folds: this.#folds.all.length }, batch)
  }

  /** What was folded and refused since this was asked last. */
  takeCounts(): Counts {
    const bails = this.#batch.takeBails()
    const counts = { ...this.#counts, repeats: this.#intake.repeats, bails }
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
    const serial = ++this.#serial
    const refusals: Refusal[] = []
    const facts = this.#intake.judge(records, { serial, readAt }, (row, reason) => {
      refusals.push({ row, kind: 'rejected', reason })
    })
    this.#counts.rows += facts.count
    this.#counts.rejected += refusals.length
    const lost = this.#folds.fold(facts)
    if (this.#folds.hasOpened(serial)) {
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
    const folds = this.#folds
    const shown = folds.all.map(({ emission }) => emission.shownAt(now))
    for (const [number, source] of this.#intake.sources.entries()) {
      const { site, watermark } = source
      if (watermark === WATERMARK_NONE || (source.isQuiet && !source.heard)) continue
      source.isQuiet = true
      for (const [i, { emission }] of folds.all.entries()) {
        const turn = { site, number, watermark, shown: shown[i]! }
        if (emission.isDue(turn)) {
          for (const _full of emission.write(turn, room)) yield this.#block.take()
        }
        source.isQuiet &&= !emission.isWaiting(number)
      }
      watermarks.push(...dueWatermarks(source, { spec: this.#spec, folds, now }))
    }
    const last = [...this.#block.take(), ...watermarks]
    if (last.length > 0) yield last
  }

  /**
   * Goes on as if all that is due had left: it did, before a restart. Panes of open slices, and the
   * watermarks, are due still.
   */
  settle(): void {
    for (const [number, { site, watermark }] of this.#intake.sources.entries()) {
      for (const { emission } of this.#folds.all) emission.settle({ site, number, watermark })
    }
  }

  /** The oldest position from which every slice can be had again, with its note (D3). */
  resumeAt(next: number): { readonly offset: number; readonly note: string } {
    const oldest = this.#folds.oldestSerial()
    this.#marks = this.#marks.filter((mark) => mark.serial >= oldest)
    const [mark] = this.#marks
    return mark ?? { offset: next, note: encodeResumeNote(this.#intake.snapshot()) }
  }

  #renewStrings(): void {
    const { before, after } = this.#batch.renewStrings()
    const translated = new Map<number, number>()
    this.#folds.renumberGroups((id) => {
      if (id < 0) return id
      let now = translated.get(id)
      if (now === undefined) translated.set(id, (now = after.internText(before.text(id))))
      return now
    })
    this.#intake.forgetIds()
  }
}
