import type { Watermark } from '../model/pane.ts'
import { watermarkRows } from '../wire/watermark-rows.ts'
import type { MonitorFolds } from './monitor-folds.ts'
import type { PaneRecord } from './pane-block.ts'
import type { SourceState } from './rows/source-state.ts'

/** A watermark record leaves at least this often while its source speaks (P6). */
const WATERMARK_EVERY_MS = 1000

export type WatermarkSpec = {
  readonly partition: number
  /** Partitions of `readings`, and of `panes`. */
  readonly partitions: number
  readonly panesPartitions: number
}

/**
 * The watermark records of a source that are due at this wall time, one for each partition of
 * `panes`: at once when it has closed a slice of any length, else once a second (P6).
 */
export function dueWatermarks(
  source: SourceState,
  { spec, folds, now }: { spec: WatermarkSpec; folds: MonitorFolds; now: number },
): readonly PaneRecord[] {
  if (!source.heard) return []
  const isCrossed = crossesEdge(source, folds)
  if (!isCrossed && now - source.writtenAt < WATERMARK_EVERY_MS) return []
  source.heard = false
  source.writtenAt = now
  return watermarkRows(watermarkOf(source, spec, now), spec.panesPartitions)
}

function crossesEdge(source: SourceState, folds: MonitorFolds): boolean {
  let isCrossed = false
  for (const [i, { fold }] of folds.all.entries()) {
    const edge = Math.floor((source.watermark - fold.window.latenessMs) / fold.sliceMs)
    isCrossed ||= edge !== source.edges[i]
    source.edges[i] = edge
  }
  return isCrossed
}

const watermarkOf = (source: SourceState, spec: WatermarkSpec, now: number): Watermark => ({
  v: 1,
  site: source.site,
  partition: spec.partition,
  of: spec.partitions,
  watermark: source.watermark,
  rows: source.rows,
  late: source.late,
  skewed: source.skewed,
  rejected: source.rejected,
  at: now,
  ...(source.final === undefined ? {} : { final: source.final }),
})
