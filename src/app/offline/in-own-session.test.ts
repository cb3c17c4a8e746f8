import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NocturneError } from '../../model/nocturne-error.ts'
import { ScriptedSpark } from '../../spark/watch/scripted-spark.suite.ts'
import type { SparkSession } from '../../spark/spark-session.ts'
import { inOwnSession } from './in-own-session.ts'

const never = new AbortController().signal

/** A session, what befell it in order, and work that ends with its connection. */
async function rigOf(release: () => Promise<void>) {
  const befell: string[] = []
  const work = Promise.withResolvers<void>()
  work.promise.catch(() => undefined)
  const opened = await new ScriptedSpark().open('s')
  const session: SparkSession = {
    ...opened,
    release: () => {
      befell.push('release')
      return release()
    },
    close: () => {
      befell.push('close')
      work.reject(new NocturneError('SPARK_UNAVAILABLE', 'closed'))
    },
  }
  return { session, befell, work }
}

const away = () => Promise.reject(new NocturneError('SPARK_UNAVAILABLE', 'gone'))
const well = () => Promise.resolve()

test('[R25] what was computed stands where its session cannot be let go of', async () => {
  const { session, befell } = await rigOf(away)

  await inOwnSession(session, never, () => Promise.resolve())

  assert.deepEqual(befell, ['release', 'close'])
})

test('[R25] why the work failed is told, not that its session could not be let go of', async () => {
  const { session } = await rigOf(away)
  const failed = new NocturneError('SPARK_REFUSED', 'why')

  await assert.rejects(
    inOwnSession(session, never, () => Promise.reject(failed)),
    failed,
  )
})

test('[R25] stopped, it waits for work that a released session ends', async () => {
  const { session, befell, work } = await rigOf(well)
  const working = work.promise.finally(() => befell.push('ended'))
  working.catch(() => undefined)
  const stop = new AbortController()
  const running = inOwnSession(session, stop.signal, () => working)
  stop.abort()
  while (!befell.includes('release')) await Promise.resolve()
  work.reject(new NocturneError('SPARK_SESSION_CLOSED', ''))

  await assert.rejects(running, { code: 'BACKTEST_STOPPED' })
  assert.deepEqual(befell, ['release', 'ended', 'close'])
})

test('[R25] stopped, it does not wait for work that nobody ends', async () => {
  const { session, befell, work } = await rigOf(away)

  const running = inOwnSession(session, AbortSignal.abort(), () => work.promise)

  await assert.rejects(running, { code: 'BACKTEST_STOPPED' })
  assert.deepEqual(befell, ['release', 'close'])
})
