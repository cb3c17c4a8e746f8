import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startKafka } from '../../../scripts/stack/kafka-cluster.ts'
import { startSpark } from '../../../scripts/stack/spark-server.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { AlertReceiver } from '../../rig/alert-receiver.ts'
import { KafkaSite } from '../rig/kafka-site.ts'
import { withoutJava } from '../rig/servers.ts'
import { SteadyLoad } from '../rig/steady-load.ts'

const skip = withoutJava()
const LOAD = { rowsPerSecond: 300, streams: 30, everyMs: 100, spikeEverySeconds: 10 }

async function tempFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-spark-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test('[Z16] rows become windows and alerts by way of Spark', { skip }, async (t) => {
  const [cluster, spark] = await Promise.all([startKafka({ shape: 'one' }), startSpark()])
  t.after(() => Promise.all([cluster.close(), spark.close()]))
  const receiver = await AlertReceiver.open(t)
  const { host, port } = spark.address
  const settings = {
    ...{
      cluster,
      replication: 1,
      promise: 'available' as const,
      webhook: receiver.url,
      workers: 0,
    },
    partitions: 2,
    site: 'ams1',
    aggregate: `aggregate:
  engine: spark
  spark: { remote: "${host}:${port}", checkpoints: "${await tempFolder(t)}", trigger: 1s,
    shuffle_partitions: 2, spread: 10s, rates: [1] }`,
  } as const
  const site = await KafkaSite.open(t, settings)
  const whole = site.start('collect', 'aggregate', 'evaluate', 'record', 'notify', 'serve')
  t.after(() => t.diagnostic(whole.said))
  await whole.until((status, text) => text.includes('[+]spark noc') || status === 200)
  const load = new SteadyLoad(LOAD, Math.ceil(Date.now() / 1000) * 1000)
  const stop = new AbortController()
  const sending = load.run(await whole.url, stop.signal)
  const passed = async (seconds: number): Promise<void> => {
    const until = load.now + seconds * 1000
    while (load.now < until) await systemClock.sleep(50)
  }

  await passed(30)
  const before = Math.floor(load.now / 1000) * 1000
  await passed(5)
  stop.abort()
  await sending

  const { delays } = await site.settled(load.expected, before)
  const spikes = await site.fired(load.expected, before)
  const sorted = delays.toSorted((a, b) => a - b)
  const at = (part: number) => Math.round(sorted[Math.floor((sorted.length - 1) * part)]!)
  t.diagnostic(`${load.rows} rows, ${spikes} alerts`)
  t.diagnostic(`windows late by p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} ms`)
})
