import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Log } from '../log/log.ts'
import { utf8 } from '../std/bytes.ts'
import { FileCollector } from './file-collector.ts'
import { inputLines } from './file-source.ts'
import { ReadingIntake } from './reading-intake.ts'
import { openReadingsLog, startAt, valuesOf, withAppend } from './readings-log.suite.ts'
import { RecordBatch } from './record-batch.ts'

const clock = { now: () => startAt + 60_000, sleep: async () => undefined }
const row = (number: number): string => `{"ts":${startAt + number},"stream":"a"}`

async function collected(log: Log, text: string, collector?: string) {
  async function* chunks() {
    for (let i = 0; i < text.length; i += 50_000) yield utf8(text.slice(i, i + 50_000))
  }
  const named = collector === undefined ? {} : { collector }
  const intake = new ReadingIntake({ clock, partitions: 1, source: 'file', ...named })
  const batch = new RecordBatch(log)
  const input = inputLines(chunks(), 'file')
  const file = new FileCollector({ log, clock, chunks: input, intake, batch, ...named })
  assert.equal(file.appendedTo(), undefined)
  await file.run(new AbortController().signal)
  return { file, intake }
}

test('[D2] a file that is read again goes on behind the last line of its checkpoint', async () => {
  const log = await openReadingsLog(clock)

  await collected(log, `${row(1)}\n\n${row(3)}`, 'file@edge')
  await collected(log, `${row(1)}\n\n${row(3)}\n${row(4)}`, 'file@edge')

  const numbers = (await valuesOf(log, 'readings')).map((text) => /"n":(\d+)/.exec(text)?.[1])
  assert.deepEqual(numbers, ['1', '3', '4'])
  await log.close()
})

test('[D7] rows between a file’s last append and its checkpoint keep their numbers', async () => {
  const log = await openReadingsLog(clock)
  const broken = withAppend(log, async (topic, rows) => {
    if (topic === 'checkpoints') throw new Error('killed')
    await log.append(topic, rows)
  })

  await assert.rejects(collected(broken, row(1), 'file@edge'), /killed/)
  await collected(log, row(1), 'file@edge')

  const [first, second] = await valuesOf(log, 'readings')
  assert.equal(first, second)
  await log.close()
})

test('[W10] a stream that ended waits for nothing, and its rows have no numbers', async () => {
  const log = await openReadingsLog(clock)

  const { file } = await collected(log, row(1))

  assert.equal(file.appendedTo(), clock.now())
  assert.deepEqual(await valuesOf(log, 'readings'), [`{"v":1,"ts":${startAt + 1},"stream":"a"}`])
  assert.deepEqual(await valuesOf(log, 'checkpoints'), [])
  await log.close()
})

test('[F3] a file of broken lines keeps each good row and counts each fault', async () => {
  const log = await openReadingsLog(clock)
  const good = Array.from({ length: 500 }, (_, i) => row(i))
  const broken = [
    '{"ts":1795383157516,"stre',
    '{"ts":"soon","stream":"a"}',
    '{"ts":NaN,"stream":"a"}',
    `{"ts":${startAt},"stream":"${'x'.repeat(10_000_000)}"}`,
    '{"ts":1795383157,"stream":"a"}',
    '{"ts":-1795383157516,"stream":"a"}',
    '{"ts":99999999999999,"stream":"a"}',
    'null',
    '\u0000',
  ]
  const kept = `{"__proto__":{"p":7},"ts":${startAt},"stream":"a","rtt_ms":"fast"}`

  const text = good.flatMap((line, i) => [line, broken[i] ?? '']).join('\n')
  const { intake } = await collected(log, `${kept}\n${text}`)

  assert.equal((await valuesOf(log, 'readings')).length, 501)
  assert.equal((await valuesOf(log, 'rejected')).length, broken.length)
  assert.deepEqual([intake.counts.acceptedCount, intake.counts.rejectedCount], [501, broken.length])
  assert.deepEqual(Object.fromEntries(intake.counts.countByReason), {
    'type:rtt_ms': 1,
    json: 2,
    ts: 1,
    bytes: 2,
    ts_unit: 1,
    ts_range: 2,
    shape: 1,
  })
  await log.close()
})
