import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NocturneError } from '../model/nocturne-error.ts'
import { utf8 } from '../std/bytes.ts'
import { openReadingsLog, startAt, valuesOf, withAppend } from './readings-log.suite.ts'
import { RecordBatch } from './record-batch.ts'

const clock = { now: () => startAt, sleep: async () => undefined }

test('records are appended in order, at most 1 MiB at a time, refused rows behind', async () => {
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

test('[D5] a patient flush waits while the log is full, until it is told to give up', async () => {
  const log = await openReadingsLog(clock)
  const stop = new AbortController()
  let failures = 3
  const waits: number[] = []
  const waiting = {
    now: () => startAt,
    sleep: async (ms: number) => {
      waits.push(ms)
      if (waits.length === 5) stop.abort()
    },
  }
  const batch = new RecordBatch(
    withAppend(log, async (topic, rows) => {
      if (failures-- > 0) throw new NocturneError('LOG_FULL', 'no room')
      await log.append(topic, rows)
    }),
  )

  batch.add({ value: utf8('one') })
  assert.equal(await batch.flushPatiently(waiting, stop.signal), true)
  failures = 9
  batch.add({ value: utf8('two') })
  assert.equal(await batch.flushPatiently(waiting, stop.signal), false)

  assert.deepEqual(waits, [1000, 1000, 1000, 1000, 1000])
  assert.deepEqual(await valuesOf(log, 'readings'), ['one'])
  assert.equal(batch.recordCount, 1)
  await log.close()
})
