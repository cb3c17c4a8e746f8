import type { types } from 'cassandra-driver'
import type { PaneState } from '../../model/pane.ts'
import type { RollUp } from '../../model/roll-up.ts'
import type { SeriesQuery } from '../store.ts'
import { bucketOf, BUCKET_MS } from './buckets.ts'
import { CqlWriter, cqlValue } from './cql-writer.ts'
import { groupText, type GroupFrame } from './group-frames.ts'
import type { PartitionBatches } from './session/partition-batches.ts'
import type { Call, Row } from './session/session.ts'
import { decodeWindowValue, encodeWindowValue, type WindowValue } from './window-value.ts'
import { writeTimestampNs } from './write-timestamp.ts'

/** Minutes and hours: partitions of one group and some time. */
export class RollUpTable {
  readonly #writer = new CqlWriter()
  readonly #tier: RollUp['tier']
  readonly #insert: string
  readonly #select: string

  constructor(keyspace: string, tier: RollUp['tier']) {
    this.#tier = tier
    this.#insert = `INSERT INTO ${keyspace}.${tier}
      (monitor, scope, grp, bucket, end, result, states)
      VALUES (?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`
    this.#select = `SELECT end, result, states FROM ${keyspace}.${tier}
      WHERE monitor = ? AND scope = ? AND grp = ? AND bucket = ? AND end > ? AND end <= ?`
  }

  add(batches: PartitionBatches, rollUp: RollUp, frame: GroupFrame): void {
    const { end, rev } = rollUp
    const bucket = bucketOf(this.#tier, end)
    const value = encodeWindowValue(this.#writer, rollUp, frame.tail)
    const states = encodeStates(this.#writer, rollUp.states)
    const params = [
      frame.monitor,
      frame.scope,
      frame.grp,
      cqlValue.long(bucket),
      cqlValue.long(end),
      value,
      states,
      cqlValue.long(writeTimestampNs(end, rev)),
    ]
    const partition = `${this.#tier} ${bucket} ${frame.stem}`
    batches.add(partition, { query: this.#insert, params }, value.length + states.length + 200)
  }

  /** Roll-ups of one bucket with ends in (from, to], oldest first. */
  async series(call: Call, query: SeriesQuery, bucket: number): Promise<readonly RollUp[]> {
    const of = { ...query, grp: groupText(query.group) }
    const from = Math.max(query.from, bucket - 1)
    const to = Math.min(query.to, bucket + BUCKET_MS[this.#tier] - 1)
    const span = [cqlValue.long(bucket), cqlValue.long(from), cqlValue.long(to)]
    const params = [of.monitor, of.scope, of.grp, ...span]
    const rows = await call.rows({ query: this.#select, params }, query.limit)
    return rows.map((row) => {
      const end = (row['end'] as Date).getTime()
      const window = decodeWindowValue({ ...of, end }, row['result'] as WindowValue)
      return { ...window, tier: this.#tier, states: statesOf(row) }
    })
  }
}

function encodeStates(writer: CqlWriter, states: readonly PaneState[]) {
  const bytes = states.reduce((sum, { payload }) => sum + payload.length + 24, 4)
  writer.begin(bytes)
  writer.int(states.length)
  for (const { kind, version, payload } of states) {
    const from = writer.open()
    writer.int(4)
    writer.int(kind)
    writer.int(4)
    writer.int(version)
    writer.int(payload.length)
    writer.raw(payload)
    writer.close(from)
  }
  return writer.end()
}

const statesOf = (row: Row): PaneState[] =>
  ((row['states'] ?? []) as types.Tuple[]).map((state) => {
    const [kind, version, payload] = state.values()
    return { kind, version, payload: new Uint8Array(payload) }
  })
