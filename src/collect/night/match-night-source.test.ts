import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReadingIntake } from '../reading-intake.ts'
import { openReadingsLog, startAt, valuesOf } from '../readings-log.suite.ts'
import { RecordBatch } from '../record-batch.ts'
import { matchNight } from './match-night.ts'
import { MatchNightSource } from './match-night-source.ts'
import { nightFaults, nightSites } from './night-faults.ts'

const night = { seed: 3, startAt, rowsPerSecond: 60, channelCount: 5 }

/** Plays from `fromAt` for some turns of the clock; `turn` may put the clock forward. */
async function played(fromAt: number, turns: readonly number[]) {
  const stop = new AbortController()
  let now = fromAt
  let turn = 0
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      const pauseMs = turns[turn++]
      if (pauseMs === undefined) stop.abort()
      now += ms + (pauseMs ?? 0)
    },
  }
  const log = await openReadingsLog(clock)
  const intake = new ReadingIntake({ clock, partitions: 1, source: 'match night' })
  const batch = new RecordBatch(log)
  const source = new MatchNightSource({ clock, intake, batch, night }, nightSites)
  await source.run(stop.signal)
  const rows = (await valuesOf(log, 'readings')).map((text): Readonly<Record<string, unknown>> =>
    JSON.parse(text),
  )
  await log.close()
  return { source, rows }
}

test('a night is played second by second and stays marked as simulated', async () => {
  const { source, rows } = await played(startAt, [0, 0, 0])

  const wanted = [0, 1, 2].flatMap((second) => matchNight(night).second(second).rows)
  assert.deepEqual(
    rows.map((row) => row['ts']),
    wanted.map((row) => row.ts),
  )
  assert.equal(
    rows.every((row) => row['simulated'] === 1),
    true,
  )
  assert.equal(source.input('sim-ams1').appendedTo(), startAt + 3_000)
})

test('a short pause is made up for, a long one is left out and counted', async () => {
  const short = await played(startAt, [0, 4_000, 0, 0, 0, 0, 0])
  const long = await played(startAt, [0, 3_600_000, 0])

  assert.equal(short.source.skippedSeconds, 0)
  assert.equal(short.source.input('sim-ams1').appendedTo(), startAt + 7_000)
  assert.equal(long.source.skippedSeconds, 3_600)
  assert.equal(new Set(long.rows.map((row) => Math.floor(Number(row['ts']) / 1000))).size, 3)
})

test('[W10] a dead site says nothing of its time, and speaks again when it is back', async () => {
  const faults = nightFaults(night, startAt + 500_000)
  const dead = faults.find((fault) => fault.kind === 'dead-site')
  assert.ok(dead)

  const during = await played(dead.startAt, [0, 0])
  const after = await played(dead.endAt - 1_000, [0, 0])

  assert.equal(during.source.input(dead.site).appendedTo(), undefined)
  const living = nightSites.filter((site) => site !== dead.site)
  const times = living.map((site) => during.source.input(site).appendedTo())
  assert.deepEqual(times, [dead.startAt + 2_000, dead.startAt + 2_000])
  assert.equal(after.source.input(dead.site).appendedTo(), dead.endAt + 1_000)
})
