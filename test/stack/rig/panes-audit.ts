import { readToEnd, type Log } from '../../../src/log/log.ts'
import { bytesOf } from '../../../src/model/record-columns.ts'
import { utf8Text } from '../../../src/std/bytes.ts'

/** What is wrong with the order of records in `panes`; 0 of each where nothing is. */
export type PanesAudit = {
  readonly marks: number
  readonly panes: number
  /** Watermark records that say less than one before them of the same source. */
  readonly back: number
  /** Panes with rows that a watermark record before them had said to be folded (Z13). */
  readonly overtaken: number
}

type Mark = { readonly site: string; readonly partition: number; readonly watermark: number }
type Pane = {
  readonly monitor: string
  readonly group: readonly (string | null)[]
  readonly partition: number
  readonly start: number
  readonly length: number
  readonly rev: number
}

/** Reads each partition of `panes` in order; rows must have come in order of their event time. */
export async function auditPanes(log: Log): Promise<PanesAudit> {
  const found = { marks: 0, panes: 0, back: 0, overtaken: 0 }
  for (const partition of (await log.ends('panes')).keys()) {
    const markBySource = new Map<string, number>()
    const revByPane = new Map<string, number>()
    for await (const batch of readToEnd(log, { topic: 'panes', partition })) {
      for (let row = 0; row < batch.count; row++) {
        const value = bytesOf(batch.values, row)
        // Binary ones are our own engine's, whose order its own tests see.
        if (value[0] !== 0x7b) continue
        const record = JSON.parse(utf8Text(value)) as Partial<Mark & Pane>
        if (isMark(record)) takeMark(record, markBySource, found)
        else if (isPane(record)) takePane(record, { markBySource, revByPane }, found)
      }
    }
  }
  return found
}

const isMark = (record: Partial<Mark>): record is Mark => record.watermark !== undefined
const isPane = (record: Partial<Pane>): record is Pane => record.monitor !== undefined

type Counts = { -readonly [Name in keyof PanesAudit]: number }

function takeMark(
  { site, partition, watermark }: Mark,
  markBySource: Map<string, number>,
  found: Counts,
): void {
  found.marks++
  const source = `${site} ${partition}`
  const before = markBySource.get(source) ?? -Infinity
  if (watermark < before) found.back++
  markBySource.set(source, Math.max(before, watermark))
}

function takePane(
  pane: Pane & Partial<Mark>,
  known: { markBySource: ReadonlyMap<string, number>; revByPane: Map<string, number> },
  found: Counts,
): void {
  found.panes++
  const { monitor, group, partition, start, length, rev, site } = pane
  const id = JSON.stringify([monitor, group, partition, start])
  const before = known.revByPane.get(id) ?? 0
  const mark = known.markBySource.get(`${site} ${partition}`) ?? -Infinity
  if (rev > before && mark >= start + length) found.overtaken++
  known.revByPane.set(id, Math.max(before, rev))
}
