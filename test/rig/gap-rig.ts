import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createTopics } from '../../src/app/create-topics.ts'
import { groupOf, type ClaimReader } from '../../src/app/claim-reader.ts'
import { hotReaders } from '../../src/app/hot-readers.ts'
import { LogGaps } from '../../src/app/positions/log-gaps.ts'
import { notifyParts } from '../../src/app/notify-parts.ts'
import { newProgress, recordReaders } from '../../src/app/readers.ts'
import { supervise, superviseClaims, type Supervision } from '../../src/app/supervise.ts'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import type { Log, LogGroups } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory/memory-log.ts'
import type { TopicName } from '../../src/model/topics.ts'
import type { NotifySpec } from '../../src/notify/notify-spec.ts'
import { utf8 } from '../../src/std/bytes.ts'
import type { MetGap } from '../../src/serve/serve-context.ts'
import { Lane } from '../../src/std/lane.ts'
import { Replaceable } from '../../src/std/replaceable.ts'
import { SimulatedClock } from '../../src/std/simulated-clock.ts'
import { openMemoryStore } from '../../src/store/memory/memory-store.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'

const LIMITS = { reserveBytes: 4096, freeBytesMin: 0, freeRatioMin: 0, segmentBytes: 4000 }
const TURNS_MAX = 20_000

const NOTIFY: NotifySpec = {
  receivers: [
    {
      name: 'noc',
      kind: 'terminal',
      urls: [],
      sendResolved: true,
      resendMs: 60_000,
      alertsMax: 10,
    },
  ],
  route: {
    receiver: 'noc',
    matchers: [],
    groupWaitMs: 1,
    groupIntervalMs: 1,
    repeatMs: 1,
    continue: false,
    routes: [],
  },
  externalUrl: 'http://noc.example',
}

/** A log of one partition a topic whose retention moves by hand, and the readers of the house. */
export class GapRig {
  readonly clock: SimulatedClock
  readonly log: Log & LogGroups
  readonly counted: string[] = []
  readonly failures: string[] = []
  readonly #gaps = new LogGaps(silentLogger, ({ topic, reader, reason }, rows) => {
    this.counted.push(`${reader} ${topic} ${reason} ${rows}`)
  })

  private constructor(clock: SimulatedClock, log: Log & LogGroups) {
    this.clock = clock
    this.log = log
  }

  static async open(t: TestContext, kind: 'memory' | 'embedded'): Promise<GapRig> {
    const clock = new SimulatedClock()
    const folder = await mkdtemp(join(tmpdir(), 'nocturne-gaps-'))
    const log =
      kind === 'memory'
        ? openMemoryLog({ clock })
        : await openEmbeddedLog({ folder, clock, limits: LIMITS })
    t.after(async () => {
      await log.close()
      await rm(folder, { recursive: true })
    })
    const rig = new GapRig(clock, log)
    await rig.retain('readings', -1)
    return rig
  }

  /** Lets one topic keep so many bytes, all others everything. */
  async retain(cut: TopicName, bytes: number): Promise<void> {
    const retention = (topic: TopicName) => ({ ms: -1, bytes: topic === cut ? bytes : -1 })
    await createTopics(this.log, { partitions: 1, durability: 'ack', retention })
  }

  /** Appends rows of so many bytes, each on its own, so that segments end between them. */
  async rows(topic: TopicName, { count, bytes }: { count: number; bytes: number }): Promise<void> {
    for (let i = 0; i < count; i++) {
      const value = utf8(`{"no":"record"}`.padEnd(bytes))
      await this.log.append(topic, [{ key: utf8(`${i}`), value, partition: 0 }])
    }
  }

  async start(topic: TopicName): Promise<number> {
    return (await this.log.ends(topic))[0]!.start
  }

  /** Runs the readers of one group until `isDone`; answers the gaps that were met. */
  async run(group: string, isDone: () => boolean, log: Log = this.log): Promise<readonly MetGap[]> {
    const stop = new AbortController()
    const running = this.#start(group, log, stop.signal)
    await this.until(isDone)
    stop.abort()
    await running
    return this.#gaps.list
  }

  get gaps(): readonly MetGap[] {
    return this.#gaps.list
  }

  async until(holds: () => boolean | Promise<boolean>, stepMs = 100): Promise<void> {
    for (let turn = 0; turn < TURNS_MAX; turn++) {
      if (await holds()) return
      this.clock.advance(stepMs)
      await setImmediate()
    }
    throw new Error(`it did not hold within ${TURNS_MAX} turns`)
  }

  async #start(group: string, log: Log, signal: AbortSignal): Promise<void> {
    const reader = this.#claimReaders().find((each) => each.group === group)
    if (reader !== undefined) {
      const part = { name: group, log, group: groupOf(reader), signal }
      return superviseClaims(this.#supervision, part, reader.read)
    }
    const parts = notifyParts({
      log,
      clock: this.clock,
      spec: NOTIFY,
      hopMsMax: () => 1000,
      terminal: { write: () => undefined, isColored: false },
      count: () => undefined,
      missed: (name, gap) => this.#gaps.met(name, gap),
    })
    const part = parts.find(({ name }) => name === group)
    if (part === undefined) throw new Error(`there is no group ${group}`)
    return supervise(this.#supervision, { name: group, signal }, part.run)
  }

  #claimReaders(): readonly ClaimReader[] {
    const { clock } = this
    const progress = newProgress()
    const specs = new Replaceable({
      aggregate: {
        site: 'here',
        monitors: [],
        partitions: 1,
        panesPartitions: 1,
        skewMs: 5000,
        early: false,
      },
      evaluate: { monitors: [], panesPartitions: 1, absentMs: 30_000, live: false },
    })
    const store = openMemoryStore({ clock })
    return [
      ...hotReaders({ clock, specs, progress }),
      ...recordReaders({ store, clock, lane: new Lane(clock), progress }),
    ]
  }

  get #supervision(): Supervision {
    return {
      clock: this.clock,
      logger: silentLogger,
      failed: (reader, reason) => this.failures.push(`${reader} ${reason}`),
      troubled: () => undefined,
      missed: (reader, gap) => this.#gaps.met(reader, gap),
      bug: (error) => {
        throw error
      },
    }
  }
}
