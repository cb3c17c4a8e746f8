import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import { readToEnd } from '../../log/log.ts'
import { bytesOf } from '../../model/record-columns.ts'
import type { Watermark } from '../../model/pane.ts'
import { Replaceable } from '../../std/replaceable.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { decodePanesRecord } from '../../wire/pane-codec.ts'
import { silentLogger } from '../../telemetry/logger.ts'
import type { SiteProgram } from '../site-program.ts'
import { sparkMemory } from './remembered.ts'
import { ScriptedSpark } from './scripted-spark.suite.ts'
import type { SiteFigures } from './site-figures.ts'
import { watchSites } from './watch-sites.ts'

const AT = 1_795_383_150_000
const TOPICS = { readings: 2, panes: 2, commands: 1, checkpoints: 1 } as const
const SPEC = {
  address: { host: 's', port: 1 },
  ...{ sites: ['ams1'], checkpoints: '/c', triggerMs: 1000, rowsPerBatchMax: 1000 },
  ...{ shufflePartitions: 2, spreadMs: 0, rates: [1], kafkaOptions: {} },
}

const programOf = (hash: string): SiteProgram => ({
  ...{ site: 'ams1', hash, observedAs: 'seen', delayMs: 8_000, evictionMs: 2_000 },
  views: (relation) => [{ name: 'raw', relation }],
  statement: { kind: 'sql', query: hash },
  observed: (values) => {
    const marks = values.flatMap((at, i) => (typeof at === 'number' ? [[i, at] as const] : []))
    const counts = { rows: 1, beats: 0, refused: new Map(), otherRates: 0 }
    return { watermarks: new Map(marks), finals: new Map(), ...counts }
  },
})

/** A site whose rows lie in a log, a script for a cluster, and processes that watch it. */
class Rig {
  readonly clock = new SimulatedClock(AT)
  readonly log = openMemoryLog({ clock: this.clock })
  readonly spark = new ScriptedSpark()
  readonly programs = new Replaceable<ReadonlyMap<string, SiteProgram>>(
    new Map([['ams1', programOf('one')]]),
  )
  figures = new Map<string, SiteFigures>()
  #ids = 0
  #stop = new AbortController()
  #watching: Promise<void> = Promise.resolve()

  static async open(t: TestContext): Promise<Rig> {
    const rig = new Rig()
    for (const [topic, partitions] of Object.entries(TOPICS)) {
      await rig.log.createTopic({
        ...{ topic, partitions, cleanup: topic === 'checkpoints' ? 'compact' : 'delete' },
        ...{ retentionMs: -1, retentionBytes: -1, durability: 'ack', recordBytesMax: 1e6 },
      })
    }
    for (let i = 0; i < 500; i++) {
      const value = new Uint8Array([1])
      await rig.log.append('readings', [
        { partition: 0, value },
        { partition: 1, value },
      ])
    }
    t.after(() => rig.die())
    return rig
  }

  /** A process begins to watch. */
  begin(): void {
    this.#stop = new AbortController()
    this.figures = new Map()
    const { log, clock, programs, figures, spark } = this
    this.#watching = watchSites(
      {
        ...{ log, clock, programs, figures, spec: SPEC, partitions: 2, panesPartitions: 2 },
        logger: silentLogger,
        random: () => 0,
        newId: () => `session-${++this.#ids}`,
        open: spark.open,
      },
      this.#stop.signal,
    )
  }

  /** The process ends; what runs elsewhere goes on. */
  async die(): Promise<void> {
    this.#stop.abort()
    await this.#watching
  }

  get site(): SiteFigures | undefined {
    return this.figures.get('ams1')
  }

  /** Lets time pass until it is so. */
  async until(isIt: () => boolean | Promise<boolean>, stepMs = 250): Promise<void> {
    for (let i = 0; i < 2_000; i++) {
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
      if (await isIt()) return
      this.clock.advance(stepMs)
    }
    assert.fail(`it does not become so: ${this.site?.state} ${this.site?.trouble?.detail}`)
  }

  runs(): Promise<void> {
    return this.until(() => this.site?.state === 'running')
  }

  async commits(id: number, marks: readonly (number | null)[], end: number): Promise<void> {
    this.spark.commit({ id, marks, ends: [end, end] })
    await this.until(() => this.site?.last?.batchId === id)
  }

  /** Watermarks in one partition of `panes`, in order. */
  async told(partition = 0): Promise<readonly string[]> {
    const marks: Watermark[] = []
    for await (const batch of readToEnd(this.log, { topic: 'panes', partition })) {
      for (let row = 0; row < batch.count; row++) {
        const value = bytesOf(batch.values, row)
        const record = decodePanesRecord({ key: bytesOf(batch.keys, row), value })
        if (record.kind === 'watermark') marks.push(record.watermark)
      }
    }
    return marks.map((mark) => `${mark.partition}:${mark.watermark - AT}`)
  }
}

test('[Z13] [Z15] a query begins in its own folder, and its batches move watermarks', async (t) => {
  const rig = await Rig.open(t)
  rig.begin()
  await rig.runs()

  await rig.commits(0, [AT + 5, AT + 7], 10)

  assert.deepEqual(rig.spark.folders, ['/c/ams1/one-1'])
  assert.equal(rig.spark.queries[0]!.name, 'nocturne ams1 one')
  assert.deepEqual(rig.spark.queries[0]!.offsets, '{"readings":{"0":0,"1":0}}')
  assert.deepEqual((await rig.told(0)).slice(0, 2), ['0:5', '1:7'])
  assert.deepEqual((await rig.told(1)).slice(0, 2), ['0:5', '1:7'])
  assert.equal((await sparkMemory.engine(rig.log))?.engine, 'spark')
})

test('[Z16] a process that comes back follows the run, and no value goes back', async (t) => {
  const rig = await Rig.open(t)
  rig.begin()
  await rig.runs()
  await rig.commits(0, [AT + 5000, AT + 7], 10)
  await rig.die()

  rig.begin()
  await rig.runs()
  const before = await rig.told()
  await rig.commits(1, [AT + 2, AT + 9], 20)

  assert.deepEqual(rig.spark.queries.length, 1)
  assert.deepEqual([...new Set(rig.spark.opened)], ['session-1'])
  assert.equal(rig.site?.run, 'run-1')
  assert.deepEqual((await rig.told()).slice(before.length, before.length + 3), [
    ...['1:7', '0:5000', '1:9'],
  ])
})

test('[Z17] the shared positions follow, as far behind as slices can still change', async (t) => {
  const rig = await Rig.open(t)
  rig.begin()
  await rig.runs()

  for (let i = 0; i <= 30; i++) await rig.commits(i, [AT + i * 1000, AT + i * 500], i * 10)
  await rig.until(async () => (await rig.log.positions('aggregate', 'readings'))[0]?.offset !== 0)
  const positions = await rig.log.positions('aggregate', 'readings')

  assert.deepEqual(positions, [
    { offset: 200, note: '' },
    { offset: 100, note: '' },
  ])
})

test('[Z15] [Z17] other monitors begin in a new folder at the shared positions', async (t) => {
  const rig = await Rig.open(t)
  rig.begin()
  await rig.runs()
  for (let i = 0; i <= 30; i++) await rig.commits(i, [AT + i * 1000, AT + i * 1000], i * 10)
  await rig.until(async () => (await rig.log.positions('aggregate', 'readings'))[0]?.offset === 200)

  rig.programs.replace(new Map([['ams1', programOf('two')]]))
  await rig.until(() => rig.spark.running[0]?.name === 'nocturne ams1 two')
  await rig.runs()
  await rig.commits(0, [AT + 21_000, AT + 21_000], 210)

  assert.equal(rig.spark.running.length, 1)
  assert.deepEqual(rig.spark.folders, ['/c/ams1/one-1', '/c/ams1/two-2'])
  assert.equal(rig.spark.running[0]!.offsets, '{"readings":{"0":200,"1":200}}')
  const told = await rig.told()
  assert.deepEqual(told.slice(-2), ['0:30000', '1:30000'])
  rig.programs.replace(new Map([['ams1', programOf('one')]]))
  await rig.until(() => rig.spark.running[0]?.name === 'nocturne ams1 one')
  assert.equal(rig.spark.folders.at(-1), '/c/ams1/one-3')
})

test('[Z16] a server that was restarted gets the query again, in its folder', async (t) => {
  const rig = await Rig.open(t)
  rig.begin()
  await rig.runs()
  await rig.commits(0, [AT, AT], 10)

  rig.spark.isAway = true
  await rig.until(() => rig.site?.state === 'offline')
  assert.equal(rig.site?.trouble?.code, 'SPARK_UNAVAILABLE')
  const silent = (await rig.told()).length
  await rig.until(() => rig.clock.now() > AT + 300_000, 1000)
  assert.equal((await rig.told()).length, silent)
  rig.spark.forget()
  rig.spark.isAway = false
  await rig.runs()
  await rig.commits(1, [AT + 9, AT + 9], 20)

  assert.deepEqual(rig.spark.folders, ['/c/ams1/one-1'])
  assert.equal(rig.site?.trouble, undefined)
  assert.deepEqual((await rig.told()).slice(silent, silent + 4), ['0:0', '1:0', '0:9', '1:9'])
})

test('[Z16] an id whose session was closed is never used again', async (t) => {
  const rig = await Rig.open(t)
  rig.begin()
  await rig.runs()

  rig.spark.fault = 'SPARK_SESSION_CLOSED'
  await rig.until(() => rig.spark.opened.includes('session-2'))
  await rig.runs()

  assert.equal((await sparkMemory.sites(rig.log)).get('ams1')?.session, 'session-2')
  assert.deepEqual(rig.spark.folders, ['/c/ams1/one-1', '/c/ams1/one-1'])
})

test('[Z16] rows that were gone are told, and read on in a new folder', async (t) => {
  const rig = await Rig.open(t)
  rig.begin()
  await rig.runs()

  rig.spark.fail({ errorClass: 'KAFKA_DATA_LOSS.START_OFFSET_RESET', message: 'lost' })
  await rig.until(() => rig.spark.running.length === 1)

  assert.deepEqual(rig.spark.folders, ['/c/ams1/one-1', '/c/ams1/one-2'])
  assert.equal(rig.site?.trouble?.code, 'SPARK_DATA_LOST')
  assert.equal(rig.site?.restarts.get('SPARK_DATA_LOST'), 1)
  await rig.commits(0, [AT, AT], 10)
  assert.equal(rig.site?.trouble, undefined)
})

test('[Z16] one batch that fails three times waits for a person, and is tried', async (t) => {
  const rig = await Rig.open(t)
  rig.begin()
  await rig.runs()
  await rig.commits(4, [AT, AT], 70)
  for (let i = 0; i < 3; i++) {
    await rig.runs()
    rig.spark.fail({ errorClass: 'STREAM_FAILED', message: 'NullPointerException' })
    await rig.until(() => rig.site?.state !== 'running')
  }

  assert.equal(rig.site?.state, 'failed')
  assert.equal(rig.site?.trouble?.code, 'SPARK_BATCH_FAILED')
  assert.match(rig.site?.trouble?.detail ?? '', /^batch 5 from 0:70 1:70: STREAM_FAILED/)
  await rig.runs()
  assert.equal(rig.site?.trouble?.code, 'SPARK_BATCH_FAILED')
  await rig.commits(5, [AT + 1, AT + 1], 80)
  assert.equal(rig.site?.trouble, undefined)
})

test('[Z16] a query that is silent over data is stopped and begun again', async (t) => {
  const rig = await Rig.open(t)
  rig.begin()
  await rig.runs()
  await rig.commits(0, [AT, AT], 10)

  rig.spark.isTriggerActive = true
  await rig.until(() => rig.spark.queries.length === 2)

  assert.equal(rig.site?.trouble?.code, 'SPARK_QUERY_STUCK')
  assert.equal(rig.spark.running.length, 1)
  assert.deepEqual(rig.spark.folders, ['/c/ams1/one-1', '/c/ams1/one-1'])
})

test('[Z16] a query that does not stop loses its folder to one of another session', async (t) => {
  const rig = await Rig.open(t)
  rig.begin()
  await rig.runs()
  await rig.commits(0, [AT, AT], 10)

  rig.spark.isTriggerActive = true
  rig.spark.isHanging = true
  await rig.until(() => rig.spark.queries.length === 2)

  assert.deepEqual(rig.spark.folders, ['/c/ams1/one-1', '/c/ams1/one-1'])
  assert.deepEqual(
    rig.spark.queries.map(({ session }) => session),
    ['session-1', 'session-2'],
  )
})

test('[Z17] while our own engine reads, no query begins, and it is told', async (t) => {
  const rig = await Rig.open(t)
  const own = new AbortController()
  t.after(() => own.abort())
  const group = { topics: ['readings'], group: 'aggregate', start: 'earliest' } as const
  const members = rig.log.claims({ ...group, sessionMs: 10_000, rebalanceMs: 60_000 }, own.signal)
  const member = members[Symbol.asyncIterator]()
  const { value: claim } = await member.next()

  rig.begin()
  await rig.until(() => rig.site?.trouble?.code === 'AGGREGATE_ENGINE_DIFFERS')
  assert.deepEqual(rig.spark.queries, [])
  assert.equal(await sparkMemory.engine(rig.log), undefined)
  own.abort()
  claim.release()
  await member.next()
  await rig.runs()
  await rig.commits(0, [AT, AT], 10)

  assert.equal(rig.spark.running.length, 1)
  assert.equal((await sparkMemory.engine(rig.log))?.engine, 'spark')
})
