import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { startKafka, type KafkaCluster } from '../../../scripts/stack/kafka-cluster.ts'
import type { KafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import type { Claim } from '../../../src/log/log.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { valueOf, type Appended, type Reading } from '../history/history.ts'
import { violationsIn } from '../history/violations.ts'
import { adminOf } from '../rig/kafka-admin.ts'
import { logOn, topicOf } from '../rig/kafka-logs.ts'
import { rowsOf, textsIn } from '../rig/rows.ts'
import { withoutJava } from '../rig/servers.ts'
import { failureOf, until } from '../rig/waiting.ts'

const PARTITIONS = 2
const BETWEEN_APPENDS_MS = 10
const UNDER_WAY_MAX = 50
/** A broker that says nothing for so long leads nothing any more. */
const SESSION_MS = 3_000
const EXTRA = {
  'broker.session.timeout.ms': String(SESSION_MS),
  'broker.heartbeat.interval.ms': '500',
}

/** Appends row after row until it is told to stop, and knows how long it stood still. */
class Writer {
  readonly appends: Appended[] = []
  readonly #log: KafkaLog
  readonly #name: string
  readonly #running: Promise<void>
  readonly #underWay = new Set<Promise<void>>()
  #isOver = false
  #lastAt = systemClock.now()
  pauseMsMax = 0

  constructor(log: KafkaLog, name: string) {
    this.#log = log
    this.#name = name
    this.#running = this.#run()
  }

  /** Resolves when every append has its answer. */
  async stop(): Promise<void> {
    this.#isOver = true
    await this.#running
    await Promise.all(this.#underWay)
  }

  /** The longest time without an acknowledgement since this was asked last. */
  takePause(): number {
    const ms = Math.max(this.pauseMsMax, systemClock.now() - this.#lastAt)
    this.pauseMsMax = 0
    return ms
  }

  async #run(): Promise<void> {
    for (let sequence = 0; !this.#isOver; sequence++) {
      const append = this.#append(sequence)
      this.#underWay.add(append)
      void append.then(() => this.#underWay.delete(append))
      await systemClock.sleep(BETWEEN_APPENDS_MS)
      if (this.#underWay.size >= UNDER_WAY_MAX) await Promise.race(this.#underWay)
    }
  }

  async #append(sequence: number): Promise<void> {
    const partition = sequence % PARTITIONS
    const rows = rowsOf([valueOf(this.#name, sequence)], partition)
    const { code } = await failureOf(this.#log.append('rows', rows))
    const now = systemClock.now()
    this.pauseMsMax = Math.max(this.pauseMsMax, now - this.#lastAt)
    this.#lastAt = now
    const outcome = code === undefined ? 'ok' : 'unknown'
    this.appends.push({ writer: this.#name, sequence, partition, outcome })
  }
}

/** A member of a group that reads what it is given, commits each batch and remembers all of it. */
class Reader {
  readonly readings: Reading[] = []
  readonly #log: KafkaLog
  readonly #name: string
  readonly #group: string
  readonly #leaving = new AbortController()
  readonly #running: Promise<void>
  count = 0

  constructor(log: KafkaLog, name: string, group: string) {
    this.#log = log
    this.#name = name
    this.#group = group
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#leaving.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const reading: Promise<void>[] = []
    const spec = {
      topics: ['rows'],
      start: 'earliest',
      sessionMs: 10_000,
      rebalanceMs: 60_000,
    } as const
    const { signal } = this.#leaving
    for await (const claim of this.#log.claims({ ...spec, group: this.#group }, signal)) {
      reading.push(this.#read(claim))
    }
    await Promise.all(reading)
  }

  async #read(claim: Claim): Promise<void> {
    const rows: { offset: number; value: string }[] = []
    this.readings.push({ reader: this.#name, partition: claim.partition, rows })
    await failureOf(
      (async () => {
        const position = await this.#log.position(claim)
        for await (const batch of this.#log.read(claim, { position, bytesMax: 65_536 })) {
          const texts = textsIn(batch)
          rows.push(...texts.map((value, row) => ({ offset: batch.offsets[row]!, value })))
          this.count += texts.length
          await this.#log.commit(claim, batch.next)
        }
      })(),
    )
    claim.release()
  }
}

/** The broker that leads partition 0, by the name of its node. */
async function leaderIn(t: TestContext, cluster: KafkaCluster): Promise<string> {
  const admin = await adminOf(t, cluster)
  const { topics } = await admin.fetchTopicMetadata({ topics: ['rows'] })
  const leader = topics[0]?.partitions.find(({ partitionId }) => partitionId === 0)?.leader
  await admin.disconnect()
  return `n${leader}`
}

type Fault = (cluster: KafkaCluster, node: string) => Promise<void>

const FAULTS: Readonly<Record<string, Fault>> = {
  SIGKILL: async (cluster, node) => {
    await cluster.kill(node)
    await cluster.start(node)
  },
  SIGTERM: async (cluster, node) => {
    await cluster.stop(node)
    await cluster.start(node)
  },
  SIGSTOP: async (cluster, node) => {
    cluster.pause(node)
    await systemClock.sleep(SESSION_MS * 2)
    cluster.resume(node)
  },
}

test(
  '[L38] [J1] [J2] [J3] [J4] [J5] [J6] leaders that die, leave or stall lose and repeat nothing',
  { skip: withoutJava(), timeout: 600_000 },
  async (t) => {
    const cluster = await startKafka({ shape: 'three', minIsr: 1, extra: EXTRA })
    t.after(() => cluster.close())
    const patient = { replication: 3, limits: { patienceMs: 60_000, deliveryMs: 120_000 } }
    const open = () => logOn(t, cluster, patient)
    const logs = await Promise.all([open(), open(), open(), open()])
    await logs[0].createTopic(topicOf('rows', { partitions: PARTITIONS }))
    const writers = [new Writer(logs[0], 'a'), new Writer(logs[1], 'b')]
    const readers = [new Reader(logs[2], 'x', 'team'), new Reader(logs[3], 'y', 'team')]
    const isWhole = (): boolean =>
      logs.every((log) => {
        const { none, one, some } = log.copies()
        return none + one + some === 0
      })

    await until(() => readers.some(({ count }) => count > 0) && isWhole())
    for (const writer of writers) writer.takePause()
    for (const [name, fault] of Object.entries(FAULTS)) {
      const node = await leaderIn(t, cluster)
      const seen = writers.map(({ appends }) => appends.length)
      await fault(cluster, node)
      await until(() => writers.every(({ appends }, i) => appends.length > seen[i]! + 100))
      await until(isWhole)
      const paused = writers.map((writer) => writer.takePause())
      t.diagnostic(`${name} of ${node}: writers stood still for ${paused.join(' and ')} ms at most`)
    }
    for (const writer of writers) await writer.stop()
    const isReadWhole = async (): Promise<boolean> => {
      const ends = await logs[0].ends('rows')
      const positions = await logs[0].positions('team', 'rows')
      return ends.every(({ end }, partition) => positions[partition]?.offset === end)
    }
    await until(isReadWhole)
    for (const reader of readers) await reader.stop()

    const appends = writers.flatMap((writer) => writer.appends)
    const readings = readers.flatMap((reader) => reader.readings)
    assert.deepEqual(violationsIn({ appends, readings }).slice(0, 10), [])
    const failed = appends.filter(({ outcome }) => outcome !== 'ok').length
    const again = logs.slice(0, 2).map(({ counters }) => [...counters.againByReason])
    t.diagnostic(`${appends.length} appends, ${failed} not acknowledged; ${JSON.stringify(again)}`)
    assert.equal(failed, 0)
  },
)
