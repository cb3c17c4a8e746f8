import type { LogRecord } from '../log/log.ts'
import { readingLimits, type Reading } from '../model/reading.ts'
import { utf8 } from '../std/bytes.ts'
import type { Clock } from '../std/clock.ts'
import { partitionOf } from '../std/hash.ts'
import { Interner } from '../std/interner.ts'
import {
  checkReading,
  deriveFields,
  encodeReading,
  parseReading,
  type ReadingResult,
} from '../wire/reading-codec.ts'
import { ReadingRewriter, type TextSpan } from '../wire/reading-rewriter.ts'
import { isRow, parseRow, type RawRow } from '../wire/reading-rules.ts'
import { encodeRejected } from '../wire/rejected-codec.ts'
import type { SessionSampling } from './sampling.ts'

/** How the rows of one collector become records of `readings`. */
export type IntakeOptions = {
  readonly clock: Clock
  /** Partitions of `readings`. */
  readonly partitions: number
  /** Who writes, and what the source of a rejected row is called, such as `file:access.ndjson`. */
  readonly source: string
  /** Written into rows that have a number, so that a repeat is known as one (D7). */
  readonly collector?: string
  /** From foreign names and units to ours; absent: the rows have ours. */
  readonly map?: (row: RawRow) => unknown
  /** Absent: every session is taken and no row carries a rate. */
  readonly sampling?: SessionSampling
  /** Whether records of `rejected` hold the first bytes of the row, which may name a viewer. */
  readonly isSampleKept?: boolean
}

/** Where in its source a row stood. */
export type RowPlace = {
  /** For people, such as `line 812`. */
  readonly position: string
  /** The row's number in its partition, growing; absent: the source never repeats itself. */
  readonly n?: number
}

/** What became of one row. A row of a session that is not sampled is accepted without a record. */
export type Admission =
  | {
      readonly ok: true
      readonly ts: number
      /** The site that the row names. */
      readonly site: string | undefined
      readonly record: LogRecord | undefined
    }
  | { readonly ok: false; readonly reason: string }

/** What was seen so far. A reason of one field (`type:rtt_ms`) counts rows that stayed. */
export type IntakeCounts = {
  readonly acceptedCount: number
  readonly unsampledCount: number
  readonly rejectedCount: number
  readonly countByReason: ReadonlyMap<string, number>
}

/** Records of `rejected` in one second, and waiting in memory; beyond, a row is only counted. */
const REJECTED_PER_SECOND = 100
const REJECTED_WAITING_MAX = 1_000
const SAMPLE_BYTES = 256
/** Reasons name fields, and fields come from outside: beyond this many they count as one. */
const REASONS_MAX = 1_000
const STREAMS_MAX = 100_000

/**
 * The one place where rows of the outside become records: map, check, sample, derive, encode,
 * partition. It appends nothing itself; whoever owns a row's way decides when it is durable.
 */
export class ReadingIntake {
  readonly #options: IntakeOptions
  readonly #countByReason = new Map<string, number>()
  readonly #placeByStream = new Map<string, { key: Uint8Array; partition: number }>()
  /** Present where rows need no object: nothing is mapped and no session is picked. */
  readonly #rewriter: ReadingRewriter | undefined
  #texts = new Interner(STREAMS_MAX)
  #rejected: LogRecord[] = []
  #rejectedSecond = 0
  #rejectedInSecond = 0
  #acceptedCount = 0
  #unsampledCount = 0
  #rejectedCount = 0

  constructor(options: IntakeOptions) {
    this.#options = options
    const { map, sampling, collector } = options
    const isWhole = map === undefined && (sampling === undefined || sampling.rate >= 1)
    this.#rewriter = isWhole ? new ReadingRewriter(collector) : undefined
  }

  get counts(): IntakeCounts {
    return {
      acceptedCount: this.#acceptedCount,
      unsampledCount: this.#unsampledCount,
      rejectedCount: this.#rejectedCount,
      countByReason: this.#countByReason,
    }
  }

  /** Admits the bytes of one row; absent bytes were too long to keep. */
  line(bytes: Uint8Array | undefined, place: RowPlace & { readonly length: number }): Admission {
    if (bytes === undefined) return this.#reject('bytes', place, { length: place.length })
    const admission = this.#rewritten(bytes, place)
    if (admission !== undefined) return admission
    const result = this.#options.map === undefined ? parseReading(bytes) : this.#mapped(bytes)
    if (!result.ok) return this.#reject(result.reason, place, { length: bytes.length, bytes })
    if (result.faults.length === 0) this.#rewriter?.learn(bytes)
    return this.#admit(result, place)
  }

  /** Admits a row that is an object already; it becomes ours to write into. */
  row(row: unknown, place: RowPlace): Admission {
    const { map } = this.#options
    const result = checkReading(map === undefined || !isRow(row) ? row : map(row))
    if (result.ok) return this.#admit(result, place)
    const bytes = utf8(JSON.stringify(row) ?? '')
    return this.#reject(result.reason, place, { length: bytes.length, bytes })
  }

  /** The records for the topic `rejected` since the last call, at most 100 a second. */
  takeRejected(): readonly LogRecord[] {
    if (this.#rejected.length === 0) return NONE
    const taken = this.#rejected
    this.#rejected = []
    return taken
  }

  #mapped(bytes: Uint8Array): ReadingResult {
    const parsed = parseRow(bytes)
    return parsed.ok ? checkReading(this.#options.map?.(parsed.row)) : parsed
  }

  /** The short way of rows that look like those before, some five times faster. */
  #rewritten(bytes: Uint8Array, place: RowPlace): Admission | undefined {
    const rewriter = this.#rewriter
    const n = this.#options.collector === undefined ? undefined : place.n
    const value = rewriter?.rewrite(bytes, n)
    if (rewriter === undefined || value === undefined) return undefined
    if (value.length > readingLimits.rowBytesMax) return undefined
    this.#acceptedCount++
    const { ts } = rewriter
    const site = rewriter.site.from < 0 ? undefined : this.#textOf(bytes, rewriter.site)
    const stream = this.#placeOf(this.#textOf(bytes, rewriter.stream))
    return { ok: true, ts, site, record: { ...stream, value } }
  }

  #textOf(bytes: Uint8Array, { from, to }: TextSpan): string {
    const known = this.#texts.intern(bytes, from, to - from)
    if (known >= 0) return this.#texts.text(known)
    this.#texts = new Interner(STREAMS_MAX)
    return this.#texts.text(this.#texts.intern(bytes, from, to - from))
  }

  #admit(result: ReadingResult & { readonly ok: true }, place: RowPlace): Admission {
    const { reading, faults } = result
    const { ts, site, stream } = reading
    const isTaken = this.#isTaken(reading)
    const record = isTaken ? this.#recordOf(reading, place) : undefined
    if (isTaken && record === undefined) {
      return this.#reject('bytes', place, { length: readingLimits.rowBytesMax })
    }
    for (const fault of faults) this.#count(fault)
    this.#acceptedCount++
    if (!isTaken) this.#unsampledCount++
    return { ok: true, ts, site, record: record && { ...this.#placeOf(stream), value: record } }
  }

  /** The row as bytes, or undefined where unknown fields make it longer than readers take. */
  #recordOf(reading: Reading, place: RowPlace): Uint8Array | undefined {
    const { collector } = this.#options
    if (collector !== undefined && place.n !== undefined) {
      reading.collector = collector
      reading.n = place.n
    }
    // It ends a recording (the last heartbeat of a replay), which is not for a row to say.
    if (reading['final'] !== undefined) delete reading['final']
    const value = utf8(encodeReading(deriveFields(reading)))
    return value.length > readingLimits.rowBytesMax ? undefined : value
  }

  /** Whether the row stays, and its rate: rows that carry one were sampled before us (S1, S2). */
  #isTaken(reading: Reading): boolean {
    const { sampling } = this.#options
    if (sampling === undefined || sampling.rate >= 1 || reading.p !== undefined) return true
    // Without a session nothing can be picked; errors and heartbeats are never sampled (S4).
    const isWhole = reading.session === undefined || reading.error !== undefined
    if (isWhole || reading.src === 'beat') return true
    if (!sampling.takes(reading.session ?? '')) return false
    reading.p = sampling.rate
    return true
  }

  #placeOf(stream: string): { readonly key: Uint8Array; readonly partition: number } {
    const known = this.#placeByStream.get(stream)
    if (known !== undefined) return known
    const key = utf8(stream)
    const place = { key, partition: partitionOf(key, this.#options.partitions) }
    if (this.#placeByStream.size >= STREAMS_MAX) this.#placeByStream.clear()
    this.#placeByStream.set(stream, place)
    return place
  }

  #reject(
    reason: string,
    place: RowPlace,
    raw: { readonly length: number; readonly bytes?: Uint8Array },
  ): Admission {
    this.#rejectedCount++
    this.#count(reason)
    const at = this.#options.clock.now()
    const second = Math.floor(at / 1000)
    if (second !== this.#rejectedSecond) this.#rejectedInSecond = 0
    this.#rejectedSecond = second
    if (this.#rejectedInSecond++ < REJECTED_PER_SECOND)
      this.#keepRejected(reason, place, { ...raw, at })
    return { ok: false, reason }
  }

  #keepRejected(
    reason: string,
    { position }: RowPlace,
    raw: { readonly length: number; readonly bytes?: Uint8Array; readonly at: number },
  ): void {
    const { source, isSampleKept = true } = this.#options
    const bytes = isSampleKept ? raw.bytes?.subarray(0, SAMPLE_BYTES) : undefined
    const sample = bytes === undefined ? '' : Buffer.from(bytes).toString('base64')
    const value = { v: 1, at: raw.at, source, position, reason, bytes: raw.length, sample } as const
    if (this.#rejected.length >= REJECTED_WAITING_MAX) return
    this.#rejected.push({ key: utf8(source), value: encodeRejected(value) })
  }

  #count(reason: string): void {
    const isKnown = this.#countByReason.has(reason)
    const name = isKnown || this.#countByReason.size < REASONS_MAX ? reason : 'other'
    this.#countByReason.set(name, (this.#countByReason.get(name) ?? 0) + 1)
  }
}

const NONE: readonly LogRecord[] = []
