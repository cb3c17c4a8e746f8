import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { TestContext } from 'node:test'
import { loadConfig } from '../../config/load-config.ts'
import { FaultyDisk } from '../../log/embedded/faulty-disk.suite.ts'
import { SMALL_LIMITS } from '../../log/embedded/embedded-rig.suite.ts'
import { readToEnd, type Claim, type Log, type LogGroups, type LogRecord } from '../../log/log.ts'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import { bytesOf } from '../../model/record-columns.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { utf8, utf8Text } from '../../std/bytes.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { plainCodecs } from '../../wire/record-batch/codecs.ts'
import { createTopics } from '../create-topics.ts'
import { openSpool } from './open-spool.ts'
import { spoolGroup, type SpooledLog } from './spooled-log.ts'

/** What brokers do with an append: `lost` takes it and does not say so. */
export type FarMood = 'well' | 'away' | 'lost' | 'stuck'

/** One row as a test sees it in the brokers' log. */
export type FarRow = {
  readonly stream: string
  readonly x: number
  readonly n?: number
  readonly collector?: string
  readonly src?: string
}

export const PARTITIONS = 2

/** Brokers in a mood, and a spool before them in a folder of its own. */
export class SpoolRig {
  readonly clock = new SimulatedClock()
  readonly disk = new FaultyDisk()
  /** How brokers take the next appends; may ask about their rows. */
  mood: FarMood | ((topic: string, rows: readonly LogRecord[]) => FarMood | Error) = 'well'
  folder = ''
  readonly #folders: string[] = []
  readonly #brokers: Log & LogGroups
  readonly #bytesMax: string
  #spool: SpooledLog | undefined
  #draining = new AbortController()
  #drains: Promise<unknown>[] = []

  private constructor(bytesMax: string) {
    this.#bytesMax = bytesMax
    this.#brokers = openMemoryLog({ clock: this.clock })
  }

  static async start(
    test: TestContext,
    { mood = 'well', bytesMax = '8 MiB' }: { mood?: SpoolRig['mood']; bytesMax?: string } = {},
  ): Promise<SpoolRig> {
    const rig = new SpoolRig(bytesMax)
    rig.mood = mood
    const retention = () => ({ ms: -1, bytes: -1 })
    const plan = { partitions: PARTITIONS, durability: 'ack', retention } as const
    await createTopics(rig.#brokers, plan)
    rig.folder = await rig.#newFolder()
    await rig.open()
    test.after(async () => {
      await rig.close()
      for (const folder of rig.#folders) await rm(folder, { recursive: true, force: true })
    })
    return rig
  }

  get spool(): SpooledLog {
    if (this.#spool === undefined) throw new Error('the rig is closed')
    return this.#spool
  }

  /** A process begins on the folder. */
  async open(): Promise<void> {
    const { clock, disk } = this
    const text = [
      'version: 1',
      `log: { kind: kafka, partitions: ${PARTITIONS}, spool: ${this.#bytesMax}, kafka: {`,
      '  brokers: ["127.0.0.1:9092"] } }',
    ].join('\n')
    const loaded = loadConfig({ text, env: { NOCTURNE_DATA: this.folder } })
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors))
    const { config } = loaded
    const local = { disk, limits: SMALL_LIMITS }
    const openKafka = async () => this.#far()
    this.#spool = await openSpool({ config, clock, codecs: plainCodecs, openKafka, local })
    this.#draining = new AbortController()
    this.#drains = this.spool.topics.map((topic) => this.#drain(topic, this.spool))
  }

  /** The process stops as it should. */
  async close(): Promise<void> {
    const spool = this.#spool
    this.#spool = undefined
    this.#draining.abort()
    await spool?.close()
    await Promise.all(this.#drains)
  }

  /** The process is killed now: another begins on what it left. Its promises are nobody's. */
  async crash(): Promise<void> {
    const copy = await this.#newFolder()
    await cp(this.folder, copy, { recursive: true })
    await this.close()
    this.folder = copy
    await this.open()
  }

  /** Lets time pass until it is so. */
  async until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await isSo())) {
      this.clock.advance(100)
      await setImmediate()
    }
  }

  /** Waits until all is with the brokers, and rows go directly. */
  async drained(): Promise<void> {
    await this.until(() => this.spool.stats().rows === 0)
  }

  /** What brokers have of a partition, repeats included. */
  async raw(partition: number): Promise<readonly FarRow[]> {
    const rows: FarRow[] = []
    for await (const batch of readToEnd(this.#brokers, { topic: 'readings', partition })) {
      for (let row = 0; row < batch.count; row++) {
        rows.push(JSON.parse(utf8Text(bytesOf(batch.values, row))) as FarRow)
      }
    }
    return rows
  }

  /** What a reader folds of a partition (D7): numbers of its rows, in order. */
  async folded(partition: number): Promise<readonly number[]> {
    const last = new Map<string, number>()
    const folded: number[] = []
    for (const { x, n, collector, src } of await this.raw(partition)) {
      if (src === 'beat') continue
      if (n !== undefined && collector !== undefined) {
        if (n <= (last.get(collector) ?? -1)) continue
        last.set(collector, n)
      }
      folded.push(x)
    }
    return folded
  }

  async #newFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'nocturne-spool-'))
    this.#folders.push(folder)
    return folder
  }

  async #drain(topic: string, spool: SpooledLog): Promise<void> {
    const { signal } = this.#draining
    const drains: Promise<void>[] = []
    for await (const claim of spool.local.claims(spoolGroup(topic), signal)) {
      drains.push(this.#drainOne(spool, claim))
    }
    await Promise.all(drains)
  }

  async #drainOne(spool: SpooledLog, claim: Claim): Promise<void> {
    try {
      await spool.drain(claim)
    } catch (error) {
      if (error instanceof NocturneError && error.code === 'LOG_CLOSED') return
      throw error
    } finally {
      claim.release()
    }
  }

  /** The brokers as one process sees them. */
  #far(): Log & LogGroups {
    const log = this.#brokers
    const closing = new AbortController()
    const stuck = Promise.withResolvers<void>()
    closing.signal.addEventListener('abort', () => stuck.resolve())
    const append = async (topic: string, rows: readonly LogRecord[]): Promise<void> => {
      if (closing.signal.aborted) throw new NocturneError('LOG_CLOSED', 'brokers')
      const mood = typeof this.mood === 'function' ? this.mood(topic, rows) : this.mood
      if (mood instanceof Error) throw mood
      if (mood === 'away') throw new NocturneError('LOG_UNAVAILABLE', 'nobody answers')
      await log.append(topic, rows)
      if (mood === 'lost') throw new NocturneError('LOG_UNAVAILABLE', 'no answer in time')
      if (mood === 'well') return
      await stuck.promise
      throw new NocturneError('LOG_CLOSED', 'brokers')
    }
    return {
      createTopic: (spec) => log.createTopic(spec),
      append,
      claims: (group, signal) => log.claims(group, signal),
      position: (claim) => log.position(claim),
      read: (claim, options) => log.read(claim, options),
      commit: (claim, offset, note) => log.commit(claim, offset, note),
      ends: async (topic) => {
        if (this.mood === 'away') throw new NocturneError('LOG_UNAVAILABLE', 'nobody answers')
        return log.ends(topic)
      },
      close: async () => closing.abort(),
      groups: () => log.groups(),
      positions: (group, topic) => log.positions(group, topic),
      offsetsAt: (topic, atMs) => log.offsetsAt(topic, atMs),
      moveTo: (group, topic, offsets) => log.moveTo(group, topic, offsets),
    }
  }
}

/** A row of readings, as our intake makes it. */
export const rowOf = (x: number, partition = x % PARTITIONS): LogRecord => ({
  key: utf8('a'),
  partition,
  value: utf8(`{"v":1,"ts":1795383150000,"site":"ams1","stream":"a","x":${x}}`),
})
