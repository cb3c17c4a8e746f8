import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { startKafka, type KafkaCluster } from '../../../scripts/stack/kafka-cluster.ts'
import { startZookeeperKafka } from '../../../scripts/stack/zookeeper-cluster.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { prng } from '../../../src/std/prng.ts'
import { AlertReceiver } from '../../rig/alert-receiver.ts'
import { KafkaSite } from '../rig/kafka-site.ts'
import { withoutJava } from '../rig/servers.ts'
import { SteadyLoad } from '../rig/steady-load.ts'

const skip = withoutJava()
const LOAD = { rowsPerSecond: 5000, streams: 50, everyMs: 200, spikeEverySeconds: 10 }
const SETTINGS = { 'broker.session.timeout.ms': '3000', 'broker.heartbeat.interval.ms': '500' }

type Drill = {
  readonly cluster: KafkaCluster
  readonly promise: 'available' | 'strict'
  readonly rounds: number
  readonly brokers: readonly string[]
  /** Killed with the first broker of a round, and started with it. */
  readonly beside?: string
}

/** Copies that every partition of ours has again. */
async function whole(site: KafkaSite): Promise<void> {
  const isShort = () => site.log.checks().some(({ name }) => name !== 'kafka')
  await systemClock.sleep(4000)
  while (isShort()) await systemClock.sleep(500)
}

/** Nothing is confirmed that lies on one broker: rows wait on our own disk, and people are told. */
const saysThatItSpools = (_status: number, text: string): boolean =>
  text.includes('LOG_SPOOLING') && text.includes('LOG_ONE_COPY')

async function survives(t: TestContext, drill: Drill): Promise<void> {
  const { cluster, promise, rounds, brokers, beside } = drill
  const receiver = await AlertReceiver.open(t)
  const settings = { cluster, replication: 3, promise, webhook: receiver.url }
  const site = await KafkaSite.open(t, settings)
  const first = site.start('collect', 'aggregate', 'evaluate', 'record', 'serve')
  await first.ready()
  const second = site.start('aggregate', 'evaluate', 'notify', 'serve')
  await second.ready()
  await site.log.ends('readings')
  const url = await first.url
  const startAt = Math.ceil(Date.now() / 1000) * 1000
  const load = new SteadyLoad(LOAD, startAt)
  const stop = new AbortController()
  const sending = load.run(url, stop.signal)
  const random = prng(20_261_129)

  for (let round = 0; round < rounds; round++) {
    await systemClock.sleep(2000 + random.below(3000))
    const order = [...brokers].sort(() => random.next() - 0.5)
    const [one = '', two = ''] = order
    await cluster.kill(one)
    if (beside !== undefined) await cluster.kill(beside)
    await systemClock.sleep(random.below(6000))
    await cluster.kill(two)
    if (promise === 'strict') await first.until(saysThatItSpools)
    await systemClock.sleep(5000 + random.below(5000))
    if (beside !== undefined) await cluster.start(beside)
    await Promise.all([cluster.start(one), cluster.start(two)])
    await whole(site)
    t.diagnostic(`round ${round + 1}: ${one}, ${two} killed; ${load.rows} rows`)
  }
  // Windows of what was posted until now close once there are rows that are later by lateness.
  const before = Math.floor(load.now / 1000) * 1000
  while (load.now < before + 5000) await systemClock.sleep(100)
  stop.abort()
  await sending

  const { delays } = await site.settled(load.expected, before)
  const spikes = await site.fired(load.expected, before)
  for (const { id, text } of receiver.told.items) {
    const others = receiver.told.items.filter((other) => other.id === id && other.text !== text)
    assert.deepEqual(others, [], `${id} told two stories`)
  }
  const sorted = delays.toSorted((a, b) => a - b)
  const at = (part: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * part)]!)
  t.diagnostic(`${load.rows} rows, ${load.repeats} posts again, ${spikes} alerts`)
  t.diagnostic(`windows late by p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`)
  t.diagnostic(`posts confirmed after at most ${Math.max(...load.delays)} ms`)
}

test('[D1] [D2] two of three brokers die five times, and nothing is lost', { skip }, async (t) => {
  const cluster = await startKafka({ shape: 'six', minIsr: 1, extra: SETTINGS })
  t.after(() => cluster.close())
  await survives(t, { cluster, promise: 'available', rounds: 5, brokers: ['b1', 'b2', 'b3'] })
})

test('[D1] [D2] the same with ZooKeeper, one of whose nodes dies too', { skip }, async (t) => {
  const cluster = await startZookeeperKafka({ minIsr: 1 })
  t.after(() => cluster.close())
  const brokers = ['o1', 'o2', 'o3']
  await survives(t, { cluster, promise: 'available', rounds: 1, brokers, beside: 'z2' })
})

test(
  '[D5] [D9] with strict, rows wait on our disk while two brokers are dead',
  { skip },
  async (t) => {
    const cluster = await startKafka({ shape: 'six', minIsr: 2, extra: SETTINGS })
    t.after(() => cluster.close())
    await survives(t, { cluster, promise: 'strict', rounds: 1, brokers: ['b1', 'b2', 'b3'] })
  },
)
