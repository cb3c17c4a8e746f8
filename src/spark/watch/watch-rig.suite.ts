import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import { readToEnd } from '../../log/log.ts'
import { bytesOf } from '../../model/record-columns.ts'
import type { Watermark } from '../../model/pane.ts'
import { Replaceable } from '../../std/replaceable.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { decodePanesRecord } from '../../wire/pane-codec.ts'
import { silentLogger } from '../../telemetry/logger.ts'
import type { SiteProgram } from '../site-program.ts'
import type { SparkSpec } from '../spark-spec.ts'
import { ScriptedSpark } from './scripted-spark.suite.ts'
import type { SiteFigures } from './site-figures.ts'
import { watchSites } from './watch-sites.ts'

/** When scripts of queries begin. */
export const AT = 1_795_383_150_000
const TOPICS = { readings: 2, panes: 2, commands: 1, checkpoints: 1 } as const
export const SPEC = {
  address: { host: 's', port: 1 },
  ...{ sites: ['ams1'], checkpoints: '/c', triggerMs: 1000, rowsPerBatchMax: 1000 },
  ...{ shufflePartitions: 2, spreadMs: 0, rates: [1], kafkaOptions: {} },
}

/** A program whose batches tell the watermarks of their partitions. */
export const programOf = (hash: string): SiteProgram => ({
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
export class WatchRig {
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

  static async open(t: TestContext): Promise<WatchRig> {
    const rig = new WatchRig()
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
  begin(spec: SparkSpec = SPEC): void {
    this.#stop = new AbortController()
    this.figures = new Map()
    const { log, clock, programs, figures, spark } = this
    this.#watching = watchSites(
      {
        ...{ log, clock, programs, figures, spec, partitions: 2, panesPartitions: 2 },
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
