import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { writeWorkload } from '../../../bench/workload.ts'
import { startKafka } from '../../../scripts/stack/kafka-cluster.ts'
import { startSpark } from '../../../scripts/stack/spark-server.ts'
import { backtest } from '../../../src/app/offline/backtest.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { temporaryFolder } from '../../rig/cli.ts'
import { configOf } from '../../rig/replay-run.ts'
import { replayTo, siteLog } from '../rig/replay-on-kafka.ts'
import { adminOf } from '../rig/kafka-admin.ts'
import { withoutJava } from '../rig/servers.ts'
import { until } from '../rig/waiting.ts'

const skip = withoutJava()

/** Every kind of state beside those of the example. */
const SKETCHES = `
monitors:
  - id: sketches
    group_by: [cdn]
    window: { size: 20s, hop: 5s, lateness: 5s }
    aggregates:
      rows: { count: rows }
      sessions: { distinct: session }
      streams: { distinct: stream }
      rtt_p95: { quantile: rtt_ms, q: 0.95 }
      rtt_least: { min: rtt_ms }
      rtt_mean: { mean: rtt_ms }
      waited: { sum: rtt_ms, resolution: 0.001 }
    values: { each: waited / rows }
`

const RECORDING = '../derived/data/puffer-live-2020-08-24-bba.ndjson.gz'

type Engine = 'own' | 'spark'
type Day = { readonly path: string; readonly example: string; readonly more?: string }

/** Rows in a broker, and both engines over all of them. */
async function rigOf(t: TestContext, day: Day) {
  const [kafka, spark] = await Promise.all([startKafka({ shape: 'one' }), startSpark()])
  t.after(() => Promise.all([kafka.close(), spark.close()]))
  const folder = await temporaryFolder(t)
  const log = await siteLog(t, kafka)
  await replayTo({ ...day, log })
  const [{ host, port }] = kafka.bootstrap as [{ host: string; port: number }]
  const { monitors, site } = configOf({ file: `examples/${day.example}.yaml` })
  const written = configOf({
    text: `version: 1
site: ${site}
log: { kind: kafka, kafka: { brokers: ["${host}:${port}"], replication: 1 } }
aggregate:
  engine: spark
  spark:
    remote: "${spark.address.host}:${spark.address.port}"
    checkpoints: ${join(folder, 'checkpoints')}
    shuffle_partitions: 2
${day.more ?? ''}`,
  })
  const config = { ...written, monitors: [...monitors, ...written.monitors] }
  const run = (engine: Engine, signal = new AbortController().signal) =>
    backtest({
      ...{ config, log, engine, fromMs: 0, toMs: systemClock.now(), rssMb: () => 0 },
      signal,
      windowsPath: join(folder, `${engine}.windows`),
      transitionsPath: join(folder, `${engine}.steps`),
    })
  return { kafka, folder, run }
}

type Rig = Awaited<ReturnType<typeof rigOf>>

/** Both end with the same windows and the same steps; answers how many there are. */
async function assertAlike(t: TestContext, { run, folder }: Rig) {
  const own = await run('own')
  const theirs = await run('spark')
  const outcome = ({ records, rows, rejected, windows, transitions, digest }: typeof own) => ({
    ...{ records, rows, rejected, windows, transitions, digest },
  })
  assert.deepEqual(outcome(theirs), outcome(own))
  const [steps, theirSteps] = await Promise.all(
    ['own', 'spark'].map((engine) => readFile(join(folder, `${engine}.steps`), 'utf8')),
  )
  assert.equal(theirSteps, steps)
  const { records, windows, transitions } = own
  t.diagnostic(`own ${own.seconds} s, Spark ${theirs.seconds} s for ${records} records`)
  t.diagnostic(`${windows} windows, ${transitions} steps`)
  return own
}

test('[R25] [V5] both engines end a span of the log alike', { skip }, async (t) => {
  const path = join(await temporaryFolder(t), 'rows.ndjson')
  await writeWorkload(path, { seconds: 60, rowsPerSecond: 300, seed: 3, streamCount: 30 })
  const rig = await rigOf(t, { path, example: 'ott', more: SKETCHES })

  const own = await assertAlike(t, rig)

  assert.ok(own.windows > 1000 && own.transitions > 0)
  const admin = await adminOf(t, rig.kafka)
  const left = async () =>
    (await admin.listTopics()).filter((name) => name.startsWith('backtest.')).length
  assert.equal(await left(), 0, 'its topic is gone')

  const stop = new AbortController()
  const stopped = assert.rejects(rig.run('spark', stop.signal), { code: 'BACKTEST_STOPPED' })
  await until(async () => (await left()) === 1)
  stop.abort()
  await stopped
  assert.equal(await left(), 0, 'stopped, it leaves nothing')
})

const noDay = skip || (existsSync(RECORDING) ? false : 'no recording beside the checkout')

test('[R25] [V5] both engines end a real day alike', { skip: noDay }, async (t) => {
  const own = await assertAlike(t, await rigOf(t, { path: RECORDING, example: 'puffer' }))

  assert.ok(own.windows > 1000 && own.transitions > 0)
})
