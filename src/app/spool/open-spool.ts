import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../../config/config.ts'
import {
  openEmbeddedLog,
  type EmbeddedLog,
  type EmbeddedOptions,
} from '../../log/embedded/embedded-log.ts'
import type { EmbeddedLimits } from '../../log/embedded/embedded-limits.ts'
import type { Clock } from '../../std/clock.ts'
import type { Codecs } from '../../wire/record-batch/codecs.ts'
import { RECORD_BYTES_MAX } from '../create-topics.ts'
import type { OpenKafka } from '../log/open-kafka.ts'
import { spoolGroup, SpooledLog } from './spooled-log.ts'

const MEBIBYTE = 1_048_576
const HOST_LENGTH_MAX = 64
/** The brokers may take so long; then rows are spooled, and posters have their answer. */
const FAR_LIMITS = { deliveryMs: 5_000, patienceMs: 5_000, closeMs: 1_000 }

/**
 * Opens the spool of a process that collects into Kafka, in `<data>/spool`; the brokers are not
 * asked yet. @throws LOG_LOCKED, LOG_CORRUPT, LOG_TOPIC_DIFFERS.
 */
export async function openSpool(given: {
  readonly config: Config
  readonly clock: Clock
  readonly codecs: Codecs
  readonly openKafka: OpenKafka
  /** Another disk below the spool than the machine's, and other limits. */
  readonly local?: Pick<EmbeddedOptions, 'disk' | 'limits'>
}): Promise<SpooledLog | undefined> {
  const { config, clock, codecs, openKafka } = given
  const { kafka, partitions, spoolBytesMax: bytesMax } = config.log
  if (kafka === undefined) return undefined
  const counts = { readings: partitions, rejected: 1 }
  const folder = join(config.dataFolder, 'spool')
  await mkdir(folder, { recursive: true })
  const limits = { ...spoolLimits(bytesMax, partitions), ...given.local?.limits }
  const spool = await openEmbeddedLog({ ...given.local, folder, clock, codecs, limits })
  await prepare(spool, counts)
  const far = await openKafka(kafka, FAR_LIMITS)
  const log = new SpooledLog({
    far,
    spool,
    clock,
    partitions: counts,
    collector: collectorName(),
    bytesMax,
  })
  for (const topic of log.topics) await tellFound(log, spool, topic)
  return log
}

/** Unlike that of any other start, so that its numbers begin at 1. */
const collectorName = (): string =>
  `nocturne@${hostname().slice(0, HOST_LENGTH_MAX)}.${randomBytes(6).toString('hex')}`

/** Small segments, since only whole ones are let go of; and a place for all that is held. */
function spoolLimits(bytesMax: number, partitions: number): Partial<EmbeddedLimits> {
  const segmentBytes = Math.floor(bytesMax / (16 * partitions))
  return {
    segmentBytes: Math.max(MEBIBYTE, Math.min(64 * MEBIBYTE, segmentBytes)),
    queueBytesMax: 64 * MEBIBYTE,
    // However long the brokers are away.
    unreadMs: Number.MAX_SAFE_INTEGER,
  }
}

/** Makes the topics, and positions that keep what was not drained. */
async function prepare(
  spool: EmbeddedLog,
  counts: Readonly<Record<string, number>>,
): Promise<void> {
  const kept = { retentionMs: -1, retentionBytes: -1, durability: 'ack' } as const
  const spec = { ...kept, partitions: 1, recordBytesMax: RECORD_BYTES_MAX }
  await spool.createTopic({ ...spec, topic: 'checkpoints', cleanup: 'compact' })
  for (const [topic, partitions] of Object.entries(counts)) {
    // What is drained is let go of at once; what is not, never: a position stands before it.
    await spool.createTopic({ ...spec, topic, partitions, cleanup: 'delete', retentionMs: 0 })
    const { group } = spoolGroup(topic)
    const positions = await spool.positions(group, topic)
    const isNew = positions.every((position) => position === undefined)
    if (isNew) await spool.moveTo(group, topic, new Array(positions.length).fill(0))
  }
}

async function tellFound(log: SpooledLog, spool: EmbeddedLog, topic: string): Promise<void> {
  const positions = await spool.positions(spoolGroup(topic).group, topic)
  const sizes = spool.sizes(topic)
  for (const [partition, { start, end }] of (await spool.ends(topic)).entries()) {
    const rows = end - (positions[partition]?.offset ?? start)
    const share = rows / Math.max(1, end - start)
    if (rows > 0) log.found({ topic, partition }, rows, Math.ceil(share * (sizes[partition] ?? 0)))
  }
}
