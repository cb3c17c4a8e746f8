import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { newAggregateProgress } from '../aggregate/aggregate-progress.ts'
import { aggregateReadings } from '../aggregate/aggregate-readings.ts'
import { ReadingIntake } from '../collect/reading-intake.ts'
import { replayRecording } from '../collect/replay-recording.ts'
import type { Config } from '../config/config.ts'
import { evaluatePanes } from '../evaluate/evaluate-panes.ts'
import { openCodecs } from '../log/codecs/open-codecs.ts'
import { openEmbeddedLog } from '../log/embedded/embedded-log.ts'
import { readToEnd, type Log } from '../log/log.ts'
import { systemClock, type Clock } from '../std/clock.ts'
import { compileMapping } from '../wire/mapping.ts'
import { decodeLate } from '../wire/rejected-codec.ts'
import { createTopics } from './create-topics.ts'
import { FinalWindows, replayedSteps, writeLines } from './replay-results.ts'

/** What `nocturne replay` was asked for. */
export type ReplayRequest = {
  readonly path: string
  readonly config: Config
  /** Absent: a temporary folder, removed at the end. */
  readonly dataFolder?: string
  /** Instead of an embedded log in that folder; who opened it closes it. */
  readonly log?: Log
  readonly partitions: number
  readonly batchRows: number
  readonly windowsPath?: string
  readonly transitionsPath?: string
  readonly progress: { readBytes: number; rows: number }
  /** High-water mark of the process, MiB. */
  readonly rssMb: () => number
}

/** The last line of `nocturne replay --json`. */
export type ReplaySummary = {
  readonly rows: number
  readonly rejected: number
  /** Rows too old for a monitor, each once. */
  readonly late: number
  readonly windows: number
  readonly transitions: number
  readonly seconds: number
  readonly rows_per_s: number
  /** High-water mark of the process. */
  readonly rss_mb: number
  readonly digest: string
}

const POLL_MS = 5
const GROUP = { start: 'earliest', sessionMs: 10_000, rebalanceMs: 60_000 } as const
/** Nothing expires under a replay: it may be continued at any time. */
const FOR_EVER = { ms: -1, bytes: -1 }

/**
 * A recording through collect, aggregate and evaluate as fast as it goes, over an embedded log or
 * the one that is given.
 * Killed at any moment it continues with the same folder and ends with the same windows.
 * @throws COLLECT_INPUT_UNREADABLE, REPLAY_DIFFERS, and what the log throws.
 */
export async function replay(request: ReplayRequest): Promise<ReplaySummary> {
  if (request.log !== undefined) return replayInto(request.log, request)
  const folder = request.dataFolder ?? (await mkdtemp(join(tmpdir(), 'nocturne-replay-')))
  const codecs = await openCodecs()
  const log = await openEmbeddedLog({ folder, clock: systemClock, codecs })
  try {
    return await replayInto(log, request)
  } finally {
    await log.close()
    if (request.dataFolder === undefined) await rm(folder, { recursive: true, force: true })
  }
}

async function replayInto(log: Log, request: ReplayRequest): Promise<ReplaySummary> {
  const clock = systemClock
  const startedAt = performance.now()
  const { partitions } = request
  await createTopics(log, { partitions, durability: 'ack', retention: () => FOR_EVER })
  const stop = new AbortController()
  const readers = new Readers({ log, clock, request }, stop.signal)
  const counts = await Promise.race([collect({ log, clock, request }), readers.failure])
  await Promise.race([readers.caughtUp(), readers.failure])
  stop.abort()
  await readers.done()
  const windows = await FinalWindows.of(log)
  const steps = await replayedSteps(log)
  const { windowsPath, transitionsPath } = request
  if (windowsPath !== undefined) await writeLines(windowsPath, windows.lines())
  if (transitionsPath !== undefined) {
    await writeLines(
      transitionsPath,
      steps.map((step) => `${JSON.stringify(step)}\n`),
    )
  }
  const digest = windows.digest()
  const seconds = (performance.now() - startedAt) / 1000
  return {
    rows: counts.accepted,
    rejected: counts.rejected,
    late: await countLate(log),
    windows: windows.count,
    transitions: steps.length,
    seconds: Number(seconds.toFixed(3)),
    rows_per_s: Math.round((counts.accepted + counts.rejected) / seconds),
    rss_mb: request.rssMb(),
    digest,
  }
}

type ReplayDeps = { readonly log: Log; readonly clock: Clock; readonly request: ReplayRequest }

function collect({ log, clock, request }: ReplayDeps) {
  const { config, partitions, path } = request
  const collector = 'replay'
  const map = Object.keys(config.collect.map).length === 0 ? undefined : config.collect.map
  const intake = new ReadingIntake({
    clock,
    partitions,
    source: `file:${path}`,
    collector,
    ...(map === undefined ? {} : { map: compileMapping(map) }),
  })
  const closeMs = Math.max(
    0,
    ...config.monitors.map(({ window }) => window.sizeMs + window.latenessMs),
  )
  return replayRecording({
    log,
    clock,
    path: resolve(path),
    intake,
    collector,
    site: config.site,
    partitions,
    batchRows: request.batchRows,
    skewMs: config.skewMs,
    closeMs,
    progress: request.progress,
  })
}

/** The aggregate and evaluate readers of a replay, and how far they have come. */
class Readers {
  readonly #log: Log
  readonly #clock: Clock
  readonly #running: Promise<void>[] = []
  readonly #aggregated = newAggregateProgress()
  readonly #evaluated = {
    windows: 0,
    steps: 0,
    groups: new Map(),
    outcomes: new Map(),
    next: new Map(),
  }
  /** Rejects with the first failure of a reader; never resolves. */
  readonly failure: Promise<never>

  constructor({ log, clock, request }: ReplayDeps, signal: AbortSignal) {
    this.#log = log
    this.#clock = clock
    const { site, monitors, skewMs, absentMs } = request.config
    const { partitions } = request
    const failed = Promise.withResolvers<never>()
    this.failure = failed.promise
    this.failure.catch(() => undefined)
    const aggregate = {
      log,
      clock,
      spec: { site, monitors, partitions, panesPartitions: partitions, skewMs, early: false },
      progress: this.#aggregated,
    }
    const evaluate = {
      log,
      clock,
      spec: { monitors, panesPartitions: partitions, absentMs, live: false },
      progress: this.#evaluated,
    }
    const all = [
      this.#run({ group: 'aggregate', topic: 'readings', signal }, (claim) =>
        aggregateReadings(aggregate, claim),
      ),
      this.#run({ group: 'evaluate', topic: 'panes', signal }, (claim) =>
        evaluatePanes(evaluate, claim),
      ),
    ]
    for (const reader of all) reader.catch(failed.reject)
    this.#running.push(...all)
  }

  /** Resolves when every reading is in panes, and every pane judged. */
  async caughtUp(): Promise<void> {
    await this.#reached('readings', this.#aggregated.next)
    await this.#reached('panes', this.#evaluated.next)
  }

  async done(): Promise<void> {
    for (const reader of this.#running) await reader
  }

  async #reached(topic: string, next: ReadonlyMap<number, number>): Promise<void> {
    const ends = await this.#log.ends(topic)
    for (const [partition, { end }] of ends.entries()) {
      while ((next.get(partition) ?? 0) < end) await this.#clock.sleep(POLL_MS)
    }
  }

  async #run(
    part: { readonly group: string; readonly topic: string; readonly signal: AbortSignal },
    read: (claim: Parameters<typeof aggregateReadings>[1]) => Promise<void>,
  ): Promise<void> {
    const tasks: Promise<void>[] = []
    const failed = Promise.withResolvers<never>()
    failed.promise.catch(() => undefined)
    const claims = async () => {
      const spec = { ...GROUP, topics: [part.topic], group: part.group }
      for await (const claim of this.#log.claims(spec, part.signal)) {
        const task = read(claim).finally(() => claim.release())
        task.catch(failed.reject)
        tasks.push(task)
      }
      for (const task of tasks) await task
    }
    await Promise.race([claims(), failed.promise])
  }
}

async function countLate(log: Log): Promise<number> {
  const late = new Set<string>()
  for await (const batch of readToEnd(log, { topic: 'late', partition: 0 })) {
    const { bytes, starts, lengths } = batch.values
    for (let row = 0; row < batch.count; row++) {
      const decoded = decodeLate(bytes.subarray(starts[row]!, starts[row]! + lengths[row]!))
      if (decoded.ok) late.add(`${decoded.late.partition}-${decoded.late.offset}`)
    }
  }
  return late.size
}
