import type { WindowResult } from '../../model/window-result.ts'
import type { SeriesQuery } from '../store.ts'
import { bucketOf, BUCKET_MS } from './buckets.ts'
import { CqlWriter, cqlValue } from './cql-writer.ts'
import { groupHash, groupText, type GroupFrame } from './group-frames.ts'
import type { PartitionBatches } from './session/partition-batches.ts'
import type { Call, Row } from './session/session.ts'
import { decodeWindowValue, encodeWindowValue, type WindowValue } from './window-value.ts'
import { writeTimestampNs } from './write-timestamp.ts'

/** One group of one monitor, as the table keeps it. */
export type LiveGroup = { readonly monitor: string; readonly scope: string; readonly grp: string }

const OPEN_ROWS = 64

/**
 * The windows: partitions of some minutes and a part of a monitor's groups, so that a hop of all
 * groups goes out in few batches and the last minutes of one group lie together.
 */
export class LiveTable {
  readonly #writer = new CqlWriter()
  readonly #insert: string
  readonly #select: string

  constructor(keyspace: string) {
    this.#insert = `INSERT INTO ${keyspace}.live (monitor, shard, bucket, scope, grp, end, result)
      VALUES (?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`
    this.#select = `SELECT end, result FROM ${keyspace}.live
      WHERE monitor = ? AND shard = ? AND bucket = ? AND scope = ? AND grp = ?`
  }

  add(
    batches: PartitionBatches,
    window: WindowResult,
    { frame, shards }: { readonly frame: GroupFrame; readonly shards: number },
  ): void {
    const { monitor, end, rev } = window
    const shard = frame.hash % shards
    const bucket = bucketOf('live', end)
    const value = encodeWindowValue(this.#writer, window, frame.tail)
    const params = [
      frame.monitor,
      cqlValue.int(shard),
      cqlValue.long(bucket),
      frame.scope,
      frame.grp,
      cqlValue.long(end),
      value,
      cqlValue.long(writeTimestampNs(end, rev)),
    ]
    const bytes = value.length + frame.grp.length + 100
    batches.add(`live ${shard} ${bucket} ${monitor}`, { query: this.#insert, params }, bytes)
  }

  /** Windows of one bucket with ends in (from, to], oldest first. */
  async series(call: Call, query: SeriesQuery, bucket: number): Promise<readonly WindowResult[]> {
    const of = { ...query, grp: groupText(query.group) }
    const from = Math.max(query.from, bucket - 1)
    const to = Math.min(query.to, bucket + BUCKET_MS.live - 1)
    const params = [...this.#key(call, of, bucket), cqlValue.long(from), cqlValue.long(to)]
    const statement = { query: `${this.#select} AND end > ? AND end <= ?`, params }
    const rows = await call.rows(statement, query.limit)
    return rows.map((row) => windowOf(of, row))
  }

  /** The one window of a group that ends here. */
  async at(call: Call, group: LiveGroup, end: number): Promise<WindowResult | undefined> {
    const params = [...this.#key(call, group, bucketOf('live', end)), cqlValue.long(end)]
    const [row] = await call.rows({ query: `${this.#select} AND end = ?`, params }, 1)
    return row && windowOf(group, row)
  }

  /** A group's newest closed window that ends in [notBefore, at]. */
  async newestClosed(
    call: Call,
    group: LiveGroup,
    { notBefore, at }: { readonly notBefore: number; readonly at: number },
  ): Promise<WindowResult | undefined> {
    const query = `${this.#select} AND end >= ? AND end <= ?
      ORDER BY scope DESC, grp DESC, end DESC`
    const first = bucketOf('live', notBefore)
    for (let bucket = bucketOf('live', at); bucket >= first; bucket -= BUCKET_MS.live) {
      const span = [cqlValue.long(notBefore), cqlValue.long(at)]
      const statement = { query, params: [...this.#key(call, group, bucket), ...span] }
      const bounds = { pageRows: OPEN_ROWS, rowsMax: Infinity }
      for await (const rows of call.pages(statement, bounds)) {
        const closed = rows.find((row) => (row['result'] as WindowValue).closed)
        if (closed !== undefined) return windowOf(group, closed)
      }
    }
    return undefined
  }

  #key({ layout }: Call, { monitor, scope, grp }: LiveGroup, bucket: number) {
    const shard = groupHash(scope, grp) % layout.shards
    return [monitor, cqlValue.int(shard), cqlValue.long(bucket), scope, grp]
  }
}

function windowOf(group: LiveGroup, row: Row): WindowResult {
  const end = (row['end'] as Date).getTime()
  return decodeWindowValue({ ...group, end }, row['result'] as WindowValue)
}
