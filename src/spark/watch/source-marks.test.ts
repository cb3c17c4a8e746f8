import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Observed } from '../site-program.ts'
import type { BatchProgress } from './batch-progress.ts'
import { SourceMarks } from './source-marks.ts'

const AT = 1_795_383_160_000
const NEW = (now: number) => ({ now, isOld: false })

const progress = (ends: readonly number[] = [100, 100]): BatchProgress => ({
  ...{ id: 'q', runId: 'r', name: 'n', batchId: 1, rows: 10, batchMs: 500, commitMs: 5 },
  ...{ stateRows: 0, stateBytes: 0, droppedRows: 0 },
  startOffsets: new Map(ends.map((_, i) => [i, 0])),
  endOffsets: new Map(ends.map((end, i) => [i, end])),
})

const seen = (
  watermarks: Readonly<Record<number, number>>,
  more: Partial<Observed> = {},
): Observed => ({
  watermarks: new Map(Object.entries(watermarks).map(([key, at]) => [Number(key), at])),
  ...{ finals: new Map(), rows: 0, beats: 0, refused: new Map(), otherRates: 0, ...more },
})

const short = (marks: SourceMarks, now: number) =>
  marks.due(now).map(({ partition, watermark }) => `${partition}:${watermark - AT}`)

function running(): SourceMarks {
  const marks = new SourceMarks('ams1', 2)
  marks.runs()
  return marks
}

test('[Z13] a committed batch is told at once, then each second while its sources speak', () => {
  const marks = running()

  marks.batch(progress(), seen({ 0: AT, 1: AT + 5 }), NEW(AT))

  assert.deepEqual(short(marks, AT), ['0:0', '1:5'])
  assert.deepEqual(short(marks, AT + 999), [])
  assert.deepEqual(short(marks, AT + 1000), ['0:0', '1:5'])
})

test('[Z13] no value goes back, whatever was published before and whoever did', () => {
  const marks = running()
  marks.reached(new Map([[0, AT + 50]]))

  marks.batch(progress(), seen({ 0: AT, 1: AT }), NEW(AT))
  const first = short(marks, AT)
  marks.batch(progress(), seen({ 0: AT + 60, 1: AT - 9 }), NEW(AT + 500))

  assert.deepEqual(first, ['0:50', '1:0'])
  assert.deepEqual(short(marks, AT + 500), ['0:60', '1:0'])
})

test('[Z13] [V2] a partition of which the newest batch brought nothing is silent', () => {
  const marks = running()
  marks.batch(progress(), seen({ 0: AT, 1: AT }), NEW(AT))
  marks.due(AT)

  marks.batch(progress(), seen({ 0: AT + 9 }), NEW(AT + 1000))

  assert.deepEqual(short(marks, AT + 1000), ['0:9'])
})

test('[Z13] [V2] an idle query keeps no source alive', () => {
  const marks = running()
  marks.batch(progress(), seen({ 0: AT, 1: AT }), NEW(AT))
  marks.due(AT)

  marks.idle(AT + 5000)

  assert.deepEqual(short(marks, AT + 6000), [])
})

test('[Z13] a long batch is no silence for 60 s, and is one then', () => {
  const marks = running()
  marks.batch(progress(), seen({ 0: AT }), NEW(AT))

  assert.deepEqual(short(marks, AT + 59_000), ['0:0'])
  assert.deepEqual(short(marks, AT + 60_000), [])
})

test('[Z13] in backoff, failed or offline nothing is said; a planned restart is no silence', () => {
  const marks = running()
  marks.batch(progress(), seen({ 0: AT }), NEW(AT))
  marks.due(AT)

  marks.stands(AT, true)
  assert.deepEqual(short(marks, AT + 90_000), ['0:0'])
  assert.deepEqual(short(marks, AT + 120_000), [])

  marks.stands(AT + 120_000, false)
  marks.runs()
  marks.batch(progress(), seen({ 0: AT + 1 }), NEW(AT + 121_000))
  marks.stands(AT + 121_000, false)
  assert.deepEqual(short(marks, AT + 121_000), [])
})

test('[Z13] [V2] after a standstill the last word comes first: no window was dark', () => {
  const marks = running()
  marks.batch(progress(), seen({ 0: AT, 1: AT }), NEW(AT))
  marks.due(AT)
  marks.stands(AT, false)

  marks.runs()
  marks.batch(progress(), seen({ 0: AT + 300_000, 1: AT + 300_000 }), NEW(AT + 301_000))

  assert.deepEqual(short(marks, AT + 301_000), ['0:0', '1:0', '0:300000', '1:300000'])
  marks.batch(progress(), seen({ 0: AT + 302_000 }), NEW(AT + 302_000))
  assert.deepEqual(short(marks, AT + 302_000), ['0:302000'])
})

test('[Z13] [V2] who spoke before a standstill is awaited anew, and who was silent is not', () => {
  const marks = new SourceMarks('ams1', 3)
  marks.runs()
  marks.batch(progress(), seen({ 0: AT, 1: AT, 2: AT }), NEW(AT))
  marks.due(AT)
  marks.batch(progress(), seen({ 0: AT + 2, 1: AT + 1 }), NEW(AT + 500))
  marks.due(AT + 500)
  marks.stands(AT + 600, false)

  marks.runs()
  marks.batch(progress(), seen({ 0: AT + 9 }), NEW(AT + 9000))

  assert.deepEqual(short(marks, AT + 9000), ['1:1', '0:2', '0:9'])
  assert.deepEqual(short(marks, AT + 10_000), ['0:9'])
})

test('[Z13] what was committed before us says how far it came, and not that it speaks', () => {
  const marks = running()

  marks.batch(progress(), seen({ 0: AT }), { now: AT, isOld: true })

  assert.deepEqual(short(marks, AT), [])
  assert.deepEqual(marks.watermarks, new Map([[0, AT]]))
  assert.deepEqual(marks.published, new Map())
})

test('[Z13] [Z15] a new folder is not said to have come as far as another one had', () => {
  const marks = running()
  marks.reached(new Map([[0, AT]]))
  marks.batch(progress(), seen({ 0: AT + 90, 1: AT + 90 }), { now: AT, isOld: true })

  marks.beginsAnew()
  marks.batch(progress(), seen({ 0: AT - 5, 1: AT + 7 }), NEW(AT + 1))

  assert.deepEqual(short(marks, AT + 1), ['0:0', '1:7'])
})

test('[Z13] records say what is known: counts by share, and the end of a replay', () => {
  const marks = running()
  const refused = new Map([
    ['skewed', 4],
    ['json', 8],
  ])
  const told = { rows: 40, refused, finals: new Map([[1, AT + 77]]) }

  marks.batch(progress([300, 100]), seen({ 0: AT, 1: AT }, told), NEW(AT))

  const shared = { v: 1, site: 'ams1', of: 2, watermark: AT, late: 0, at: AT }
  assert.deepEqual(marks.due(AT), [
    { ...shared, partition: 0, rows: 30, rejected: 9, skewed: 3 },
    { ...shared, partition: 1, rows: 10, rejected: 3, skewed: 1, final: AT + 77 },
  ])
})
