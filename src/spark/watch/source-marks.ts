import type { Watermark } from '../../model/pane.ts'
import type { Observed } from '../site-program.ts'
import type { BatchProgress } from './batch-progress.ts'

/** A watermark record leaves at least this often while its source speaks (P6). */
const REPEAT_EVERY_MS = 1_000
/** Whoever heard of no batch for so long knows nothing of the query (Z13). */
const EVENT_AGE_MS_MAX = 60_000
/** A restart that we ask for is no silence for so long. */
const PLANNED_MS_MAX = 120_000

type Source = {
  watermark: number | undefined
  /** The last that was appended, by us or by who was here before. */
  published: number | undefined
  final: number | undefined
  /** Whether the newest batch brought something of it. */
  isSpeaking: boolean
  /** Whether it spoke when the query came to stand still, or when we came. */
  hasSpoken: boolean
  rows: number
  rejected: number
  skewed: number
}

/**
 * The watermarks of one site's partitions by what committed batches told, and which records of
 * them are due (Z13): never backwards, never of what is not known.
 */
export class SourceMarks {
  readonly #site: string
  readonly #sources: Source[]
  #eventAt = -Infinity
  #writtenAt = -Infinity
  #isRunning = false
  #plannedUntil = -Infinity
  /** Nobody was heard since the query stood still: what comes next covers all since then. */
  #isResuming = true
  #isNew = false

  constructor(site: string, partitions: number) {
    this.#site = site
    this.#sources = Array.from({ length: partitions }, () => ({
      watermark: undefined,
      published: undefined,
      final: undefined,
      isSpeaking: false,
      hasSpoken: false,
      ...{ rows: 0, rejected: 0, skewed: 0 },
    }))
  }

  /** What was appended before us: no record may say less. */
  reached(published: ReadonlyMap<number, number>): void {
    for (const [partition, watermark] of published) {
      const source = this.#sources[partition]
      if (source === undefined) continue
      source.published = greater(source.published, watermark)
      source.watermark = greater(source.watermark, watermark)
      source.hasSpoken = true
    }
  }

  /** By partition, of those that have one. */
  get watermarks(): ReadonlyMap<number, number> {
    return mapOf(this.#sources, ({ watermark }) => watermark)
  }

  /** What the log has of it, by partition. */
  get published(): ReadonlyMap<number, number> {
    return mapOf(this.#sources, ({ published }) => published)
  }

  /**
   * A new folder begins: what the one before had committed and nobody published is not said of its
   * panes before they are there.
   */
  beginsAnew(): void {
    for (const source of this.#sources) source.watermark = source.published
  }

  /**
   * A batch was committed. One that was committed before we came (`isOld`) tells how far the
   * sources have come, and not that they speak.
   */
  batch(progress: BatchProgress, observed: Observed, at: { now: number; isOld: boolean }): void {
    const shares = sharesOf(progress)
    const refused = sum(observed.refused.values())
    const skewed = observed.refused.get('skewed') ?? 0
    for (const [partition, source] of this.#sources.entries()) {
      const watermark = observed.watermarks.get(partition)
      if (watermark !== undefined) source.watermark = greater(source.watermark, watermark)
      source.final = observed.finals.get(partition) ?? source.final
      if (at.isOld) continue
      source.isSpeaking = watermark !== undefined
      const share = shares.get(partition) ?? 0
      source.rows += Math.round(observed.rows * share)
      source.rejected += Math.round(refused * share)
      source.skewed += Math.round(skewed * share)
    }
    if (at.isOld) return
    this.#eventAt = at.now
    this.#isNew = true
  }

  /** The query runs and there is nothing to read: what is silent shows as silent (V2). */
  idle(now: number): void {
    for (const source of this.#sources) source.isSpeaking = false
    this.#eventAt = now
  }

  runs(): void {
    this.#isRunning = true
    this.#plannedUntil = -Infinity
  }

  /** The query stands still; `isPlanned`: we restart it and expect it back at once. */
  stands(now: number, isPlanned: boolean): void {
    if (!this.#isRunning && !isPlanned) this.#plannedUntil = -Infinity
    if (this.#isRunning && isPlanned) this.#plannedUntil = now + PLANNED_MS_MAX
    this.#isRunning = false
    if (isPlanned) return
    this.#isResuming = true
    for (const source of this.#sources) {
      source.hasSpoken ||= source.isSpeaking
      source.isSpeaking = false
    }
  }

  /**
   * The records that are due, in order. After the query stood still the last ones come once more
   * first: its backlog was folded whole, so that no part of it was dark.
   */
  due(now: number): readonly Watermark[] {
    if (!this.#speaksAt(now)) return []
    if (!this.#isNew && (this.#isResuming || now - this.#writtenAt < REPEAT_EVERY_MS)) return []
    const speaking = [...this.#sources.keys()].filter((partition) => this.#isSpeaking(partition))
    const records = this.#isResuming ? this.#lastWords(now) : []
    for (const partition of speaking) {
      const source = this.#sources[partition]!
      source.published = source.watermark
      records.push(this.#record(partition, source.watermark ?? 0, now))
    }
    if (records.length > 0) this.#writtenAt = now
    this.#isResuming = false
    this.#isNew = false
    return records
  }

  #isSpeaking(partition: number): boolean {
    const { isSpeaking, watermark } = this.#sources[partition]!
    return isSpeaking && watermark !== undefined
  }

  /**
   * Before the first new word of any, since that alone would close windows without the others;
   * and of all who spoke before, so that those get `absent` anew to follow. The one that is
   * farthest behind comes first, for the same reason.
   */
  #lastWords(now: number): Watermark[] {
    const words = [...this.#sources.entries()].flatMap(([partition, source]) => {
      const { watermark, published, hasSpoken } = source
      source.hasSpoken = false
      const isSaid = published === undefined || (source.isSpeaking && published === watermark)
      return isSaid || !hasSpoken ? [] : [this.#record(partition, published, now)]
    })
    return words.sort((one, other) => one.watermark - other.watermark)
  }

  #speaksAt(now: number): boolean {
    if (this.#isRunning) return now - this.#eventAt < EVENT_AGE_MS_MAX
    return now < this.#plannedUntil
  }

  #record(partition: number, watermark: number, now: number): Watermark {
    const { rows, rejected, skewed, final } = this.#sources[partition]!
    return {
      ...{ v: 1, site: this.#site, partition, of: this.#sources.length, watermark },
      ...{ rows, late: 0, skewed, rejected, at: now },
      ...(final !== undefined && { final }),
    }
  }
}

const greater = (one: number | undefined, other: number): number =>
  one === undefined ? other : Math.max(one, other)

const sum = (counts: Iterable<number>): number => {
  let total = 0
  for (const count of counts) total += count
  return total
}

/** Batches count by site; how their rows lie over partitions is seen by the offsets. */
function sharesOf({ startOffsets, endOffsets }: BatchProgress): ReadonlyMap<number, number> {
  const readBy = new Map<number, number>()
  for (const [partition, end] of endOffsets) {
    readBy.set(partition, Math.max(0, end - (startOffsets.get(partition) ?? 0)))
  }
  const total = sum(readBy.values())
  return new Map([...readBy].map(([partition, read]) => [partition, total && read / total]))
}

function mapOf(
  sources: readonly Source[],
  pick: (source: Source) => number | undefined,
): ReadonlyMap<number, number> {
  const found = new Map<number, number>()
  for (const [partition, source] of sources.entries()) {
    const value = pick(source)
    if (value !== undefined) found.set(partition, value)
  }
  return found
}
