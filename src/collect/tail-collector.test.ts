import assert from 'node:assert/strict'
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Log } from '../log/log.ts'
import { readCheckpoint } from './checkpoint.ts'
import { ReadingIntake } from './reading-intake.ts'
import { openReadingsLog, startAt, valuesOf, withAppend } from './readings-log.suite.ts'
import { RecordBatch } from './record-batch.ts'
import { TailCollector } from './tail-collector.ts'

type Step = () => Promise<void>
const row = (number: number): string => `{"ts":${startAt + number},"stream":"a"}\n`
const record = (number: number): string =>
  `{"v":1,"ts":${startAt + number},"stream":"a","n":${number},"collector":"tail@edge"}`
const now = startAt + 60_000

/** Each time that the tail would wait, the next step happens; after the last one it ends. */
async function collected(log: Log, path: string, steps: readonly Step[] = []) {
  const stop = new AbortController()
  let turn = 0
  const clock = {
    now: () => now,
    sleep: async () => {
      const step = steps[turn++]
      if (step === undefined) stop.abort()
      else await step()
    },
  }
  const collector = 'tail@edge'
  const intake = new ReadingIntake({ clock, partitions: 1, source: `file:${path}`, collector })
  const batch = new RecordBatch(log)
  const tail = new TailCollector({ log, clock, path, collector, intake, batch })
  await tail.run(stop.signal)
  return tail
}

async function inFolder(run: (log: Log, path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-tail-'))
  const log = await openReadingsLog({ now: () => now, sleep: async () => undefined })
  await run(log, join(folder, 'access.ndjson'))
  await log.close()
  await rm(folder, { recursive: true })
}

test('[D2] a tail appends rows first and its position last, and goes on there', () =>
  inFolder(async (log, path) => {
    await writeFile(path, `${row(1)}\n${row(3)}`)

    await collected(log, path, [() => appendFile(path, row(4))])
    await appendFile(path, row(5))
    await rename(path, `${path}.1`)
    await writeFile(path, row(6))
    await collected(log, path)

    assert.deepEqual(await valuesOf(log, 'readings'), [1, 3, 4, 5, 6].map(record))
    assert.equal((await readCheckpoint(log, 'tail@edge'))?.rowCount, 6)
    assert.equal(await readCheckpoint(log, 'tail@other'), undefined)
  }))

test('[D7] rows that are read again after a crash carry the same numbers', () =>
  inFolder(async (log, path) => {
    await writeFile(path, row(1) + row(2))
    const broken = withAppend(log, async (topic, rows) => {
      if (topic === 'checkpoints') throw new Error('killed')
      await log.append(topic, rows)
    })

    await assert.rejects(collected(broken, path), /killed/)
    await collected(log, path)

    assert.deepEqual(await valuesOf(log, 'readings'), [1, 2, 1, 2].map(record))
  }))

test('[W10] a tail that waits has appended all up to the clock, before that it says nothing', () =>
  inFolder(async (log, path) => {
    const missing = await collected(log, path)
    await writeFile(path, row(1))
    const caughtUp = await collected(log, path)

    assert.equal(missing.appendedTo(), undefined)
    assert.equal(caughtUp.appendedTo(), now)
    assert.equal(caughtUp.backlogBytes(), 0)
  }))

test('lines that cannot be read leave their reason and the tail goes on', () =>
  inFolder(async (log, path) => {
    await writeFile(path, `nonsense\n${'x'.repeat(20_000)}\n${row(3)}`)

    await collected(log, path)

    assert.deepEqual(await valuesOf(log, 'readings'), [record(3)])
    const reasons = (await valuesOf(log, 'rejected')).map(
      (text) => /"reason":"(\w+)"/.exec(text)?.[1],
    )
    assert.deepEqual(reasons, ['json', 'bytes'])
  }))
