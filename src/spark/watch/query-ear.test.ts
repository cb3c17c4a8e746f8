import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import type { SiteProgram } from '../site-program.ts'
import { QueryEar } from './query-ear.ts'
import { ScriptedSpark } from './scripted-spark.suite.ts'

const NOTHING = { rows: 0, beats: 0, otherRates: 0, refused: new Map() }
const PROGRAM: SiteProgram = {
  ...{ site: 'ams1', hash: 'one', observedAs: 'seen', delayMs: 0, evictionMs: 1 },
  views: () => [],
  statement: { kind: 'sql', query: '' },
  observed: () => ({ ...NOTHING, watermarks: new Map(), finals: new Map() }),
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
}

test('[Z13] what is asked for does not overtake batches that are told of already', async () => {
  const clock = new SimulatedClock(1_795_383_160_000)
  const spark = new ScriptedSpark()
  const session = await spark.open('session-1')
  const query = await session.queries.start({
    ...{ input: PROGRAM.statement, name: 'n', format: 'kafka', options: {} },
    ...{ outputMode: 'update', trigger: 1000 },
  })
  const told: number[] = []
  const appended = Promise.withResolvers<void>()
  const ear = new QueryEar({
    ...{ session, query, program: PROGRAM, clock, isFollowed: false },
    batch: async ({ batchId }) => {
      told.push(batchId)
      // The log takes its time over the first one.
      if (batchId === 0) await appended.promise
    },
    idle: () => undefined,
    medianMs: () => 0,
    patience: () => 1,
  })
  const stop = new AbortController()
  const listening = ear.listen(stop.signal)
  await turns()

  for (const id of [0, 1, 2]) {
    spark.commit({ id, marks: [null], ends: [id] })
    await turns()
  }
  clock.advance(5_000)
  await turns()
  clock.advance(5_000)
  await turns()
  appended.resolve()
  await turns()

  assert.deepEqual(told, [0, 1, 2])
  stop.abort()
  assert.deepEqual(await listening, { event: 'left' })
})
