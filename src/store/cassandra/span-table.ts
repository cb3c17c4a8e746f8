import type { Clock } from '../../std/clock.ts'
import { bucketCount, bucketOf, BUCKET_MS, type BucketKind } from './buckets.ts'
import { cqlValue } from './cql-writer.ts'
import type { Call, Statement } from './session/session.ts'

/** Buckets of which this writer knows that they are told; beyond it all are told again. */
const KNOWN_MAX = 50_000
/** So few buckets are read without asking first which are there. */
const UNASKED_MAX = 4
const BUCKETS_MAX = 20_000

/**
 * Which buckets have anything: a query over years asks only those. A writer tells each one before
 * what it holds is acknowledged, and again when half of the time has gone that rows are kept.
 */
export class SpanTable {
  readonly #keyspace: string
  readonly #clock: Clock
  readonly #toldAt = new Map<string, number>()

  constructor(keyspace: string, clock: Clock) {
    this.#keyspace = keyspace
    this.#clock = clock
  }

  /** What has to be written before rows of this bucket are there; then `wasTold`. */
  telling(
    kind: BucketKind,
    of: { readonly name: string; readonly bucket: number; readonly keptMs: number },
  ): Statement | undefined {
    const { name, bucket, keptMs } = of
    const key = `${kind} ${bucket} ${name}`
    const toldAt = this.#toldAt.get(key)
    const now = this.#clock.now()
    if (toldAt !== undefined && now - toldAt < keptMs / 2) return undefined
    if (this.#toldAt.size >= KNOWN_MAX) this.#toldAt.clear()
    this.#toldAt.set(key, now)
    return {
      query: `INSERT INTO ${this.#keyspace}.spans (kind, name, bucket) VALUES (?, ?, ?)
        USING TTL ?`,
      params: [kind, name, cqlValue.long(bucket), cqlValue.int(Math.ceil((2 * keptMs) / 1_000))],
    }
  }

  /** Nothing of what was told is sure after a failure. */
  forget(): void {
    this.#toldAt.clear()
  }

  /** Starts of the buckets that may have rows at times in [first, last], in order. */
  async within(
    call: Call,
    kind: BucketKind,
    of: { readonly name: string; readonly first: number; readonly last: number },
  ): Promise<readonly number[]> {
    const { name, first, last } = of
    const from = bucketOf(kind, first)
    const count = bucketCount(kind, first, last)
    if (count <= UNASKED_MAX) {
      return Array.from({ length: count }, (_, i) => from + i * BUCKET_MS[kind])
    }
    const query = `SELECT bucket FROM ${this.#keyspace}.spans
      WHERE kind = ? AND name = ? AND bucket >= ? AND bucket <= ?`
    const params = [kind, name, cqlValue.long(from), cqlValue.long(bucketOf(kind, last))]
    const rows = await call.rows({ query, params }, BUCKETS_MAX)
    return rows.map((row) => (row['bucket'] as Date).getTime())
  }
}
