import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { startKafka } from '../../../scripts/stack/kafka-cluster.ts'
import { openCodecs } from '../../../src/log/codecs/open-codecs.ts'
import { openKafkaLog, type KafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { prng } from '../../../src/std/prng.ts'
import { AlertReceiver } from '../../rig/alert-receiver.ts'
import type { ManyReaders } from '../rig/many-readers.ts'
import { KafkaSite } from '../rig/kafka-site.ts'
import { withoutJava } from '../rig/servers.ts'
import { SteadyLoad } from '../rig/steady-load.ts'

const skip = withoutJava()
const LOAD = { rowsPerSecond: 1000, streams: 50, everyMs: 50, spikeEverySeconds: 10 }
const HOT = ['aggregate', 'evaluate']

test(
  '[D4] [L24] processes come, go and are killed under load: rows count once, alerts fire once',
  { skip },
  async (t) => {
    const cluster = await startKafka({ shape: 'one' })
    t.after(() => cluster.close())
    const receiver = await AlertReceiver.open(t)
    const settings = {
      cluster,
      replication: 1,
      promise: 'available',
      webhook: receiver.url,
    } as const
    const site = await KafkaSite.open(t, { ...settings, workers: 0 })
    const door = site.start('collect', 'record', 'notify', 'serve')
    await door.ready()
    const first = site.start(...HOT, 'serve')
    await first.ready()
    const load = new SteadyLoad(LOAD, Math.ceil(Date.now() / 1000) * 1000)
    const stop = new AbortController()
    const sending = load.run(await door.url, stop.signal)
    const passed = async (seconds: number): Promise<void> => {
      const until = load.now + seconds * 1000
      while (load.now < until) await systemClock.sleep(50)
    }

    await passed(5)
    const second = site.start(...HOT, 'serve')
    await second.ready()
    await passed(8)
    const third = site.start(...HOT, 'serve')
    await third.ready()
    await passed(8)
    await second.kill()
    await passed(15)
    await first.stop()
    await passed(8)
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
  },
)

const READERS = 200
const MANY_READERS = new URL('../rig/many-readers.ts', import.meta.url)
const VALUE = new Uint8Array(200).fill(120)
const APPENDS = 300
const ROWS = 100

/** How long each of these appends took, ms. */
async function appended(log: KafkaLog): Promise<readonly number[]> {
  const rows = Array.from({ length: ROWS }, () => ({ value: VALUE }))
  const took: number[] = []
  for (let i = 0; i < APPENDS; i++) {
    const from = performance.now()
    await log.append('rows', rows)
    took.push(performance.now() - from)
  }
  return took.toSorted((a, b) => a - b)
}

test(
  '[L14] hundreds of readers at positions of their own read all that follows',
  { skip },
  async (t) => {
    const cluster = await startKafka({ shape: 'one' })
    t.after(() => cluster.close())
    const options = {
      brokers: cluster.bootstrap,
      promise: 'available',
      replication: 1,
      codec: 'none',
    } as const
    const codecs = await openCodecs()
    const writer = openKafkaLog(options, { clock: systemClock, codecs })
    t.after(() => writer.close())
    await writer.createTopic({
      topic: 'rows',
      partitions: 1,
      cleanup: 'delete',
      retentionMs: -1,
      retentionBytes: -1,
      durability: 'ack',
      recordBytesMax: 1_048_576,
    })
    await appended(writer)
    const alone = await appended(writer)
    const random = prng(7)
    const from = Array.from({ length: READERS }, () => random.below(APPENDS * ROWS))
    const end = 3 * APPENDS * ROWS

    const plan: ManyReaders = { options, topic: 'rows', from, end }
    const thread = new Worker(MANY_READERS, { workerData: plan })
    t.after(() => thread.terminate())
    await once(thread, 'message')
    const beside = await appended(writer)
    const [counts] = await once(thread, 'message')

    assert.deepEqual(
      counts,
      from.map((offset) => end - offset),
    )
    const half = (times: readonly number[]) => times[Math.floor(times.length / 2)]!.toFixed(1)
    t.diagnostic(
      `an append of ${ROWS} rows: p50 ${half(alone)} ms alone, ${half(beside)} ms beside`,
    )
  },
)
