import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WATERMARK_NONE } from '../window/watermark.ts'
import { LeftBehind } from './left-behind.ts'
import type { Source } from './source-table.ts'

const CUT = { sizeMs: 1000, hopMs: 1000, latenessMs: 2000 }

const sourceAt = (watermark: number): Source => ({
  ...{ site: 'ams1', partition: 0, watermark, heardAt: 0, silent: true, final: null },
  ...{ missed: false, darkFrom: 0, darkTo: 0, unwatchedTo: 0 },
})

/** Windows up to `to` are closed without this source. */
function closedWithout(source: Source, to: number) {
  const leftBehind = new LeftBehind()
  leftBehind.closed([source], to + CUT.latenessMs)
  return (from = -Infinity) => [...leftBehind.brought({ ...CUT, from, to })]
}

test('[V1] windows are told that a source has passed since they were closed, each once', () => {
  const source = sourceAt(12_000)
  const brought = closedWithout(source, 14_000)

  const before = brought()
  source.watermark = 14_500
  const some = brought()
  source.watermark = 60_000
  const others = [brought(), brought()]

  assert.deepEqual([before, some, others], [[], [11_000, 12_000], [[13_000, 14_000], []]])
})

test('[V1] none is told of that is beyond the correction horizon', () => {
  const source = sourceAt(3000)
  const brought = closedWithout(source, 14_000)

  source.watermark = 60_000

  assert.deepEqual(brought(12_000), [13_000, 14_000])
})

test('[V2] time in which the source was dark stays missing', () => {
  const source = sourceAt(11_000)
  const brought = closedWithout(source, 14_000)

  Object.assign(source, { watermark: 60_000, darkFrom: 11_000, darkTo: 12_500 })

  assert.deepEqual(brought(), [10_000, 11_000, 14_000])
})

test('[V2] who never spoke brings nothing of the time before', () => {
  const source = sourceAt(WATERMARK_NONE)
  const brought = closedWithout(source, 14_000)

  source.watermark = 60_000

  assert.deepEqual(brought(), [])
})
