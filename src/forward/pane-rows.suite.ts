import assert from 'node:assert/strict'
import type { Log, LogRecord } from '../log/log.ts'
import type { Pane, Watermark } from '../model/pane.ts'
import { decodePanesRecord, encodePane, paneKey, watermarkKey } from '../wire/pane-codec.ts'
import { encodeWatermark } from '../wire/watermark-codec.ts'
import { recordsOf } from './forward-rig.suite.ts'

/** Event time at which every test begins. */
export const AT = 1_795_383_150_000

/** One pane with what a test does not care about filled in. */
export const pane = (given: Partial<Pane> = {}): Pane => ({
  monitor: 'm',
  group: ['arena-1'],
  definition: '00000000000000aa',
  site: 'ams1',
  partition: 0,
  start: AT,
  length: 1000,
  rev: 1,
  late: 0,
  closed: false,
  endless: false,
  spread: false,
  sampled: false,
  inexact: false,
  eventMax: AT,
  readAt: AT,
  appendedMax: AT,
  states: [],
  ...given,
})

export const paneRow = (given: Partial<Pane> = {}): LogRecord => {
  const made = pane(given)
  return { key: paneKey(made.monitor, made.group), value: encodePane(made) }
}

/** A watermark `ms` behind `AT`, said at that same time of the wall. */
export function watermarkRow(ms: number, given: Partial<Watermark> = {}): LogRecord {
  const counts = { rows: 0, late: 0, skewed: 0, rejected: 0 }
  const made: Watermark = {
    ...{ v: 1, site: 'ams1', partition: 0, of: 1, watermark: AT + ms, at: AT + ms },
    ...counts,
    ...given,
  }
  return { key: watermarkKey(made.site, made.partition), value: encodeWatermark(made) }
}

/** Records of `panes` in words: `p0 ams1 +1s rev 3 closed`, `p0 watermark ams1/0 +2s`. */
export async function storyOf(log: Log, topic: string): Promise<readonly string[]> {
  const records = await recordsOf(log, topic)
  return records.map(({ partition, key, value }) => {
    const record = decodePanesRecord({ key, value })
    if (record.kind === 'pane') {
      const { site, start, rev, closed } = record.pane
      return `p${partition} ${site} +${(start - AT) / 1000}s rev ${rev}${closed ? ' closed' : ''}`
    }
    assert.equal(record.kind, 'watermark')
    const { site, partition: source, watermark } = record.watermark
    return `p${partition} watermark ${site}/${source} +${(watermark - AT) / 1000}s`
  })
}
