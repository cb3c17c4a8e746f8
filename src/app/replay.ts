import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ReadingIntake } from '../collect/reading-intake.ts'
import { replayRecording } from '../collect/replay-recording.ts'
import type { Config } from '../config/config.ts'
import { openCodecs } from '../log/codecs/open-codecs.ts'
import { openEmbeddedLog } from '../log/embedded/embedded-log.ts'
import { readToEnd, type Log } from '../log/log.ts'
import { systemClock, type Clock } from '../std/clock.ts'
import { compileMapping } from '../wire/mapping.ts'
import { decodeLate } from '../wire/rejected-codec.ts'
import { createTopics } from './create-topics.ts'
import { finalResults } from './offline/final-results.ts'
import { OfflineReaders } from './offline/offline-readers.ts'

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
  const { config } = request
  const parts = ['aggregate', 'evaluate'] as const
  const readers = new OfflineReaders({ log, clock, config, partitions }, parts, stop.signal)
  let counts: Awaited<ReturnType<typeof collect>>
  try {
    counts = await Promise.race([collect({ log, clock, request }), readers.failure])
    await Promise.race([readers.caughtUp(), readers.failure])
  } finally {
    stop.abort()
  }
  await readers.done()
  const results = await finalResults(log, request)
  const seconds = (performance.now() - startedAt) / 1000
  return {
    rows: counts.accepted,
    rejected: counts.rejected,
    late: await countLate(log),
    windows: results.windows,
    transitions: results.transitions,
    seconds: Number(seconds.toFixed(3)),
    rows_per_s: Math.round((counts.accepted + counts.rejected) / seconds),
    rss_mb: request.rssMb(),
    digest: results.digest,
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
