import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TopicSpec } from '../../log/log.ts'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import { bytesOf } from '../../model/record-columns.ts'
import { utf8, utf8Text } from '../../std/bytes.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { readingsSpan, rowsOfSpan } from './readings-span.ts'

const SPEC: TopicSpec = {
  ...{ topic: 'readings', partitions: 2, cleanup: 'delete', durability: 'ack' },
  ...{ retentionMs: -1, retentionBytes: -1, recordBytesMax: 1_048_576 },
}

/** Six rows, one a second, in turn in both partitions; when the first was appended. */
async function sixRows() {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  await log.createTopic(SPEC)
  const first = clock.now()
  for (let i = 0; i < 6; i++) {
    await log.append('readings', [{ value: utf8(`row ${i}`), partition: i % 2 }])
    await clock.advance(1000)
  }
  return { log, first }
}

test('[R25] a span has the rows appended from one instant on and before another', async () => {
  const { log, first } = await sixRows()

  const span = await readingsSpan(log, { fromMs: first + 1000, toMs: first + 4000 })
  const rows: string[] = []
  for (const partition of [0, 1]) {
    for await (const batch of rowsOfSpan(log, span, partition)) {
      for (let row = 0; row < batch.count; row++) {
        rows.push(`${batch.offsets[row]} ${utf8Text(bytesOf(batch.values, row))}`)
      }
    }
  }

  assert.deepEqual(rows, ['1 row 2', '0 row 1', '1 row 3'])
  assert.equal(span.records, 3)
})

test('[R25] a span that ends before it begins, or lies in what is to come, is empty', async () => {
  const { log, first } = await sixRows()

  const turned = await readingsSpan(log, { fromMs: first + 4000, toMs: first })
  const later = await readingsSpan(log, { fromMs: first + 60_000, toMs: first + 90_000 })
  const all = await readingsSpan(log, { fromMs: 0, toMs: first + 90_000 })

  assert.deepEqual([turned.records, later.records, all.records], [0, 0, 6])
  assert.equal(all.isCut, false)
})
