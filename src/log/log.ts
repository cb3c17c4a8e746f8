import type { RecordColumns } from '../model/record-columns.ts'

/** A record's number in its partition: integer, 0 ≤ n < 2^53. */
export type Offset = number

/** The next offset to read, and a reader's own note beside it (D3), at most 4,096 bytes. */
export type Position = { readonly offset: Offset; readonly note: string }

export type LogRecord = {
  readonly key?: Uint8Array
  readonly value?: Uint8Array
  readonly partition?: number
}

export type TopicSpec = {
  readonly topic: string
  readonly partitions: number
  readonly cleanup: 'delete' | 'compact'
  /** −1 keeps for ever; there is no default, since a wrong one loses data. */
  readonly retentionMs: number
  readonly retentionBytes: number
  /** `ack`: readers see what is synced; `interval`: what is written, synced every 100 ms. */
  readonly durability: 'ack' | 'interval'
  readonly recordBytesMax: number
}

export type GroupSpec = {
  readonly topics: readonly string[]
  readonly start: 'earliest' | 'latest' | { readonly atMs: number }
  /** Absent: all partitions are ours, nothing is coordinated and commit is refused. */
  readonly group?: string
  readonly sessionMs: number
  readonly rebalanceMs: number
}

/** One partition that is ours to read until `signal` aborts; then finish, commit, `release`. */
export interface Claim {
  readonly topic: string
  readonly partition: number
  readonly group?: string
  readonly generation: number
  readonly signal: AbortSignal
  release(): void
}

/** Records that could not be read, from `from` up to but without `next`. */
export type RejectedRange = {
  readonly from: Offset
  readonly next: Offset
  readonly reason: string
  /** The first bytes, at most 256. */
  readonly sample: Uint8Array
}

/** A run of whole record batches of one partition, at most `bytesMax` bytes but at least one. */
export interface LogBatch extends RecordColumns {
  readonly topic: string
  readonly partition: number
  readonly base: Offset
  /** Where to read on; may jump over compacted and rejected ranges. */
  readonly next: Offset
  /** The log's end when this was fetched: lag = end − next. */
  readonly end: Offset
  /** The batches' bytes as stored, CRC checked. */
  readonly raw: Uint8Array
  readonly rejected: readonly RejectedRange[]
}

export type ReadOptions = {
  readonly position: Position
  readonly bytesMax: number
  /** Ends this reading alone; the claim goes on. */
  readonly signal?: AbortSignal
}

/**
 * One noun, the log. Every adapter passes `log.suite.ts`.
 * @throws LOG_TOPIC_UNKNOWN, LOG_TOPIC_DIFFERS, LOG_RECORD_TOO_LARGE, LOG_FULL, LOG_POISONED,
 * LOG_OFFSET_OUT_OF_RANGE, LOG_FENCED, LOG_CLOSED, LOG_LOCKED, LOG_NOTE_TOO_LONG, LOG_CORRUPT,
 * LOG_UNREADABLE.
 */
export interface Log {
  /** Succeeds if the topic exists with the same partitions and cleanup. */
  createTopic(spec: TopicSpec): Promise<void>
  /**
   * Resolves when all rows are durable (D1). Partition = the record's own, else by murmur2 of the
   * key as the Java client does, else round robin per call. Order is the order of the calls. A
   * rejected one may have written any subset; after LOG_POISONED, all but the poisoned partitions.
   * The rows are copied when the call returns: their bytes are the caller's again at once.
   */
  append(topic: string, rows: readonly LogRecord[]): Promise<void>
  /** Yields each partition that becomes ours, until the signal aborts. */
  claims(group: GroupSpec, signal: AbortSignal): AsyncIterable<Claim>
  /** The committed position, else the group's `start`. */
  position(claim: Claim): Promise<Position>
  /** Waits at the end for more; ends when the claim's signal aborts, or the options'. */
  read(claim: Claim, options: ReadOptions): AsyncIterable<LogBatch>
  /** Keeps the last (offset, note) of the claim; resolves when stored. */
  commit(claim: Claim, offset: Offset, note?: string): Promise<void>
  /** Per partition: first offset still there, and the next one to be written. */
  ends(topic: string): Promise<readonly { readonly start: Offset; readonly end: Offset }[]>
  close(): Promise<void>
}

/**
 * What people ask of groups from outside of them: where they stand, and to move them while nobody
 * reads. Every adapter has it beside its `Log`.
 * @throws LOG_TOPIC_UNKNOWN, LOG_GROUP_ACTIVE, LOG_CLOSED.
 */
export interface LogGroups {
  /** Those that hold a position or have members, in order of name. */
  groups(): Promise<readonly string[]>
  /** Per partition: the committed position, undefined where there is none. */
  positions(group: string, topic: string): Promise<readonly (Position | undefined)[]>
  /** Per partition: the first offset whose append time is at or after it, else the end. */
  offsetsAt(topic: string, atMs: number): Promise<readonly Offset[]>
  /**
   * Sets where the group goes on, one offset a partition, with an empty note; all or none of them.
   * @throws LOG_GROUP_ACTIVE while it has members, or one that left still holds a claim.
   */
  moveTo(group: string, topic: string, offsets: readonly Offset[]): Promise<void>
}

/** Rows that a reader will never get: `expired` before it came, or `lost` where the log ended. */
export type LogGap = {
  readonly topic: string
  readonly partition: number
  readonly reason: 'expired' | 'lost'
  /** The first that is gone, and the next one after all of them. */
  readonly from: Offset
  readonly to: Offset
  /** When about the reader read its last row before them, and when the first after was appended. */
  readonly fromMs?: number
  readonly toMs?: number
}

/** Is told of each gap before the reader goes on behind it. */
export type TellGap = (gap: LogGap) => void

/** Where a reader stands; `at` is its claim, or names the partition as one does. */
export type Standing = {
  readonly at: { readonly topic: string; readonly partition: number }
  readonly offset: Offset
  /** When about it read the row before, where it knows. */
  readonly readAtMs?: number
}

/**
 * Where a reader can go on: at its offset, or at the log's start where retention has overtaken it,
 * or where the offset lies above the end, so that rows were lost that had been read: then from the
 * start on all is read again, since nobody knows which rows came after. The caller tells the gap.
 */
export async function reachableFrom(
  log: Log,
  { at, offset, readAtMs }: Standing,
): Promise<{ readonly offset: Offset; readonly gap?: LogGap }> {
  const { topic, partition } = at
  const { start, end } = (await log.ends(topic))[partition] ?? { start: 0, end: 0 }
  if (offset >= start && offset <= end) return { offset }
  const fromMs = readAtMs === undefined ? {} : { fromMs: readAtMs }
  if (offset > end) {
    const gap = { topic, partition, reason: 'lost', from: end, to: offset, ...fromMs } as const
    return { offset: start, gap }
  }
  const first = await appendedAt(log, { topic, partition, from: start })
  const toMs = first === undefined ? {} : { toMs: first }
  const gap = { topic, partition, reason: 'expired', from: offset, to: start } as const
  return { offset: start, gap: { ...gap, ...fromMs, ...toMs } }
}

/** When the first record at `from` or after it was appended; undefined where there is none. */
export async function appendedAt(
  log: Log,
  at: { readonly topic: string; readonly partition: number; readonly from: Offset },
): Promise<number | undefined> {
  for await (const { count, times } of readToEnd(log, { ...at, bytesMax: 1 })) {
    if (count > 0) return times[0]
  }
  return undefined
}

/** Everything of one partition from `from` to the end that it has when this is called. */
export async function* readToEnd(
  log: Log,
  at: {
    readonly topic: string
    readonly partition: number
    readonly from?: Offset
    readonly bytesMax?: number
  },
): AsyncIterable<LogBatch> {
  const { bytesMax = 1_048_576 } = at
  const bounds = (await log.ends(at.topic))[at.partition]
  const from = Math.max(at.from ?? 0, bounds?.start ?? 0)
  if (bounds === undefined || from >= bounds.end) return
  const stop = new AbortController()
  const all = {
    topics: [at.topic],
    start: 'earliest',
    sessionMs: 10_000,
    rebalanceMs: 60_000,
  } as const
  for await (const claim of log.claims(all, stop.signal)) {
    if (claim.partition === at.partition) {
      const position = { offset: from, note: '' }
      for await (const batch of log.read(claim, { position, bytesMax })) {
        yield batch
        if (batch.next >= bounds.end) break
      }
      claim.release()
      break
    }
    claim.release()
  }
  stop.abort()
}
