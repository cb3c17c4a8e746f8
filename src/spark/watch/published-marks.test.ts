import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { utf8 } from '../../std/bytes.ts'
import { watermarkKey } from '../../wire/pane-codec.ts'
import { encodeWatermark } from '../../wire/watermark-codec.ts'
import { publishedMarks } from './published-marks.ts'

const AT = 1_795_383_160_000
const COUNTS = { rows: 0, late: 0, skewed: 0, rejected: 0 }

type Way = { readonly lane: number; readonly lanes: number }

const recordOf = ([site, partition]: readonly [string, number], watermark: number, way?: Way) => ({
  ...{ partition: 0, key: watermarkKey(site, partition) },
  value: encodeWatermark({ v: 1, site, partition, of: 2, watermark, ...COUNTS, at: AT, ...way }),
})

async function panesOf(...records: readonly { readonly partition: number; value: Uint8Array }[]) {
  const log = openMemoryLog({ clock: new SimulatedClock(AT) })
  await log.createTopic({
    ...{ topic: 'panes', partitions: 1, cleanup: 'delete', durability: 'ack' },
    ...{ retentionMs: -1, retentionBytes: -1, recordBytesMax: 1e6 },
  })
  if (records.length > 0) await log.append('panes', records)
  return log
}

test('[Z13] what was published is the greatest of each source', async () => {
  const log = await panesOf(
    recordOf(['ams1', 0], AT + 9),
    recordOf(['ams1', 1], AT),
    recordOf(['fra1', 0], AT + 50),
    { partition: 0, value: utf8('{}') },
    { ...recordOf(['ams1', 1], AT + 70), value: utf8('no record') },
    recordOf(['ams1', 0], AT + 5),
  )

  const found = await publishedMarks(log, new Set(['ams1']))

  const ams1 = new Map([
    [0, AT + 9],
    [1, AT],
  ])
  assert.deepEqual(found, new Map([['ams1', ams1]]))
  assert.deepEqual(await publishedMarks(await panesOf(), new Set(['ams1'])), new Map())
})

test('[Z13] a source is found behind many panes', async () => {
  const panes = Array.from({ length: 5_000 }, () => ({ partition: 0, value: utf8('{}') }))
  const log = await panesOf(recordOf(['ams1', 0], AT), ...panes)

  assert.deepEqual((await publishedMarks(log, new Set(['ams1']))).get('ams1'), new Map([[0, AT]]))
})

test('[Z13] one of several ways of a source does not speak for it', async () => {
  const lanes = { lane: 0, lanes: 2 }
  const log = await panesOf(recordOf(['ams1', 0], AT), recordOf(['ams1', 0], AT + 90, lanes))

  assert.deepEqual((await publishedMarks(log, new Set(['ams1']))).get('ams1'), new Map([[0, AT]]))
})
