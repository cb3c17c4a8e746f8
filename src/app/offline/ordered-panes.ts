import { readToEnd, type Log, type LogRecord } from '../../log/log.ts'
import type { Watermark } from '../../model/pane.ts'
import { bytesOf } from '../../model/record-columns.ts'
import { decodeJson, shape } from '../../wire/json-shape.ts'
import { watermarkKey } from '../../wire/pane-codec.ts'
import { PaneCursor } from '../../wire/pane-cursor.ts'
import { encodeWatermark, readWatermark } from '../../wire/watermark-codec.ts'

const ROWS_MAX = 1000

/** Panes of all sources in no order, and how far each source came; in partitions as `panes` is. */
export type LoosePanes = { readonly log: Log; readonly topic: string }

/** By site, then partition: the greatest watermark of a source. */
type Marks = ReadonlyMap<string, ReadonlyMap<number, Watermark>>

type Found = { readonly start: number; readonly record: LogRecord }

/**
 * Writes panes into `panes` as if their sources had kept step: by slice, and before each slice a
 * watermark that speaks for those before it. So whoever judges them closes windows as it goes and
 * holds a few; and the order in which an engine made them is no part of what comes of them. One
 * partition is in memory at a time. Answers how many panes there were, and the sources.
 */
export async function orderPanes(
  loose: LoosePanes,
  into: { readonly log: Log; readonly partitions: number },
): Promise<{ readonly panes: number; readonly sources: readonly Watermark[] }> {
  const sources = sourcesOf(await marksOf(loose, into.partitions))
  let panes = 0
  for (let partition = 0; partition < into.partitions; partition++) {
    const found = await panesOf(loose, partition)
    panes += found.length
    for (const rows of portions(inStep(found, sources, partition))) {
      await into.log.append('panes', rows)
    }
  }
  return { panes, sources }
}

async function marksOf(loose: LoosePanes, partitions: number): Promise<Marks> {
  const marks = new Map<string, Map<number, Watermark>>()
  for (let partition = 0; partition < partitions; partition++) {
    for await (const value of bytesIn(loose, partition)) {
      const mark = watermarkOf(value)
      if (mark === undefined) continue
      const bySource = marks.get(mark.site) ?? new Map<number, Watermark>()
      const before = bySource.get(mark.partition)
      if (before === undefined || before.watermark <= mark.watermark) {
        bySource.set(mark.partition, mark)
      }
      marks.set(mark.site, bySource)
    }
  }
  return marks
}

/**
 * One watermark a source. A partition of a site that brought nothing, not even heartbeats, has come
 * as far as the slowest of the others: it holds nothing up and speaks for nothing.
 */
function sourcesOf(marks: Marks): readonly Watermark[] {
  return [...marks.values()].flatMap((bySource) => {
    const all = [...bySource.values()]
    const slowest = all.reduce((a, b) => (b.watermark < a.watermark ? b : a))
    const quiet = { rows: 0, late: 0, skewed: 0, rejected: 0 }
    return Array.from(
      { length: Math.max(...all.map(({ of }) => of)) },
      (_, partition) => bySource.get(partition) ?? { ...slowest, ...quiet, partition },
    )
  })
}

async function panesOf({ log, topic }: LoosePanes, partition: number): Promise<Found[]> {
  const found: Found[] = []
  const cursor = new PaneCursor()
  for await (const batch of readToEnd(log, { topic, partition })) {
    for (let row = 0; row < batch.count; row++) {
      const value = bytesOf(batch.values, row)
      const start = startOf(cursor, value)
      if (start === undefined) continue
      const key = bytesOf(batch.keys, row).slice()
      found.push({ start, record: { key, value: value.slice(), partition } })
    }
  }
  // Stable: of one pane the order of its revisions stays.
  return found.sort((a, b) => a.start - b.start)
}

const hasStart = shape.object<{ start: number; monitor: string }>({
  start: shape.integer,
  monitor: shape.text,
})

/** Where a pane's slice begins; undefined of what is no pane. */
function startOf(cursor: PaneCursor, bytes: Uint8Array): number | undefined {
  const value = { bytes, start: 0, length: bytes.length }
  if (PaneCursor.isPane(value)) return cursor.read(value) ? cursor.start : undefined
  const parsed = decodeJson(bytes, hasStart)
  return parsed.ok ? parsed.value.start : undefined
}

function watermarkOf(bytes: Uint8Array): Watermark | undefined {
  if (PaneCursor.isPane({ bytes, start: 0, length: bytes.length })) return undefined
  const parsed = decodeJson(bytes, shape.any)
  return parsed.ok ? readWatermark(parsed.value) : undefined
}

async function* bytesIn({ log, topic }: LoosePanes, partition: number): AsyncIterable<Uint8Array> {
  for await (const batch of readToEnd(log, { topic, partition })) {
    for (let row = 0; row < batch.count; row++) yield bytesOf(batch.values, row)
  }
}

/** Panes, before each slice what speaks for those before it, at the end how far sources came. */
function* inStep(
  panes: readonly Found[],
  sources: readonly Watermark[],
  partition: number,
): Iterable<LogRecord> {
  let told = -Infinity
  for (const { start, record } of panes) {
    if (start > told) {
      told = start
      for (const source of sources) {
        const { final: _final, ...mark } = source
        const watermark = Math.min(start, source.watermark)
        yield markRecord({ ...mark, watermark }, partition)
      }
    }
    yield record
  }
  for (const source of sources) yield markRecord(source, partition)
}

const markRecord = (mark: Watermark, partition: number): LogRecord => ({
  key: watermarkKey(mark.site, mark.partition),
  value: encodeWatermark(mark),
  partition,
})

function* portions(records: Iterable<LogRecord>): Iterable<readonly LogRecord[]> {
  let rows: LogRecord[] = []
  for (const record of records) {
    rows.push(record)
    if (rows.length < ROWS_MAX) continue
    yield rows
    rows = []
  }
  yield rows
}
