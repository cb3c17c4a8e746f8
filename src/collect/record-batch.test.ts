import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../std/bytes.ts'
import { openReadingsLog, startAt, valuesOf, withAppend } from './readings-log.suite.ts'
import { RecordBatch } from './record-batch.ts'

const clock = { now: () => startAt, sleep: async () => undefined }

test('records are appended in order, in appends of at most 1 MiB, refused rows behind', async () => {
  const log = await openReadingsLog(clock)
  const sizes: number[] = []
  const batch = new RecordBatch(
    withAppend(log, async (topic, rows) => {
      sizes.push(rows.reduce((sum, row) => sum + (row.value?.length ?? 0), 0))
      await log.append(topic, rows)
    }),
  )
  const texts = Array.from({ length: 30 }, (_, i) => `${i} ${'x'.repeat(100_000)}`)

  for (const text of texts) batch.add({ value: utf8(text) })
  batch.addRejected([{ value: utf8('refused') }])
  assert.equal(batch.isFull, true)
  await batch.flush()

  assert.equal(Math.max(...sizes) <= 1_048_576, true)
  assert.deepEqual(await valuesOf(log, 'readings'), texts)
  assert.deepEqual(await valuesOf(log, 'rejected'), ['refused'])
  assert.deepEqual([batch.bytes, batch.recordCount], [0, 0])
  await log.close()
})

test('a failed append keeps its records, and the next flush appends each once', async () => {
  const log = await openReadingsLog(clock)
  let calls = 0
  const batch = new RecordBatch(
    withAppend(log, async (topic, rows) => {
      if (calls++ === 1) throw new Error('full')
      await log.append(topic, rows)
    }),
  )
  const texts = Array.from({ length: 15 }, (_, i) => `${i} ${'x'.repeat(100_000)}`)
  for (const text of texts) batch.add({ value: utf8(text) })

  await assert.rejects(batch.flush(), /full/)
  await batch.flush()

  assert.deepEqual(await valuesOf(log, 'readings'), texts)
  await log.close()
})
