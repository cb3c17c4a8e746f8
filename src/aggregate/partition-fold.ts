import type { MonitorSpec } from '../model/monitor.ts'
import type { Watermark } from '../model/pane.ts'
import type { RecordColumns } from '../model/record-columns.ts'
import { encodePane, paneKey, watermarkKey } from '../wire/pane-codec.ts'
import { encodeWatermark } from '../wire/watermark-codec.ts'
import type { AggregateReaderSpec } from './aggregate-spec.ts'
import { FieldBatch } from './field-batch.ts'
import { MonitorFold, type PaneDraft } from './monitor-fold.ts'
import { literalsOfRowTest } from './row-test.ts'
import { decodeResumeNote, encodeResumeNote } from './resume-note.ts'
import { RowIntake } from './row-intake.ts'
import type { SourceState } from './source-state.ts'
import { wantedFields } from './wanted-fields.ts'

/** A record for the `panes` log. */
export type PaneRecord = {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly partition?: number
}

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

/** A watermark record leaves at least this often while its source speaks (P6). */
const WATERMARK_EVERY_MS = 1000

/**
 * The fold over one partition of `readings`: rows in, panes out (W5–W8, P1, P2, P5). No I/O: the
 * reader around it appends what it answers. Its whole state can be had again by reading from the
 * position that `resumeAt` names (D3).
 */
export class PartitionFold {
  readonly #spec: AggregateReaderSpec
  readonly #partition: number
  readonly #batch: FieldBatch
  readonly #intake: RowIntake
  readonly #monitors: readonly MonitorFold[]
  readonly #shownAt: Float64Array
  #serial = 0
  /** Where each batch began and what was known there, oldest first. */
  #marks: { readonly serial: number; readonly offset: number; readonly note: string }[] = []
  #counts = { rows: 0, rejected: 0, late: 0 }

  constructor(spec: AggregateReaderSpec, partition: number) {
    this.#spec = spec
    this.#partition = partition
    this.#batch = new FieldBatch(wantedFields(spec.monitors), literals(spec.monitors))
    this.#intake = new RowIntake(
      { site: spec.site, skewMs: spec.skewMs, monitors: spec.monitors.length },
      this.#batch,
    )
    this.#monitors = spec.monitors.map((monitor) => new MonitorFold(monitor, this.#batch))
    this.#shownAt = new Float64Array(spec.monitors.length).fill(-Infinity)
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
    const serial = ++this.#serial
    const note = encodeResumeNote(this.#intake.snapshot())
    this.#marks.push({ serial, offset: records.base, note })
    this.#batch.read(records)
    const refusals: Refusal[] = []
    const facts = this.#intake.judge(records, { serial, readAt }, (row, reason) => {
      refusals.push({ row, kind: 'rejected', reason })
    })
    for (let row = 0; row < records.count; row++) this.#counts.rows += facts.folds[row]!
    this.#counts.rejected += refusals.length
    const lost = new Map<number, string[]>()
    for (const monitor of this.#monitors) {
      for (const row of monitor.fold(facts)) {
        const names = lost.get(row)
        if (names === undefined) lost.set(row, [monitor.spec.id])
        else names.push(monitor.spec.id)
      }
    }
    this.#counts.late += lost.size
    const ts = this.#batch.numbers[this.#batch.field('ts')]!
    for (const [row, monitors] of lost) {
      const source = this.#intake.sources[facts.sites[row]!]!
      source.late++
      const watermark = facts.watermarks[row]!
      refusals.push({ row, kind: 'late', monitors, ts: ts[row]!, watermark })
    }
    return refusals
  }

  /**
   * The panes and watermark records that are due at this wall time. Panes come before the
   * watermark that closes their windows, in every partition of `panes`.
   */
  emit(now: number): readonly PaneRecord[] {
    const records: PaneRecord[] = []
    const open = this.#monitors.map((monitor, i) => this.#isShownAt(monitor, i, now))
    this.#intake.sources.forEach((source, site) => {
      if (!source.heard || source.watermark === -Infinity) return
      let crossed = false
      this.#monitors.forEach((monitor, i) => {
        const edge = Math.floor(
          (source.watermark - monitor.spec.window.latenessMs) / monitor.sliceMs,
        )
        crossed ||= edge !== source.edges[i]
        source.edges[i] = edge
        monitor.emit({ site, watermark: source.watermark, open: open[i]! }, (spec, pane) => {
          records.push(this.#paneRecord(spec, { ...pane, site: source.site }))
        })
      })
      if (!crossed && now - source.writtenAt < WATERMARK_EVERY_MS) return
      source.heard = false
      source.writtenAt = now
      records.push(...this.#watermarkRecords(source, now))
    })
    return records
  }

  /** The oldest position from which every open slice can be had again, with its note (D3). */
  resumeAt(next: number): { readonly offset: number; readonly note: string } {
    let oldest = Infinity
    for (const monitor of this.#monitors) oldest = Math.min(oldest, monitor.oldestSerial())
    if (oldest === Infinity) {
      this.#marks = []
      return { offset: next, note: encodeResumeNote(this.#intake.snapshot()) }
    }
    this.#marks = this.#marks.filter((mark) => mark.serial >= oldest)
    const { offset, note } = this.#marks[0]!
    return { offset, note }
  }

  #isShownAt(monitor: MonitorFold, index: number, now: number): boolean {
    if (!this.#spec.early || !monitor.showsOpen) return false
    if (now - this.#shownAt[index]! < monitor.spec.window.emitMs) return false
    this.#shownAt[index] = now
    return true
  }

  #paneRecord(spec: MonitorSpec, pane: PaneDraft & { readonly site: string }): PaneRecord {
    const value = encodePane({
      ...pane,
      monitor: spec.id,
      definition: spec.definition,
      partition: this.#partition,
    })
    return { key: paneKey(spec.id, pane.group), value }
  }

  #watermarkRecords(source: SourceState, now: number): readonly PaneRecord[] {
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
    const translate = (id: number): number => {
      if (id < 0) return id
      let now = translated.get(id)
      if (now === undefined) translated.set(id, (now = after.internText(before.text(id))))
      return now
    }
    for (const monitor of this.#monitors) monitor.renumber(translate)
    this.#intake.forgetIds()
  }
}

function literals(monitors: readonly MonitorSpec[]): readonly string[] {
  const tests = monitors.flatMap((monitor) => [
    monitor.where,
    ...monitor.aggregates.map((aggregate) => aggregate.where),
  ])
  const found = tests.flatMap((test) => (test === undefined ? [] : literalsOfRowTest(test)))
  return [...new Set(['', 'beat', 'request', ...found])]
}
