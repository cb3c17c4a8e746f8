import type { Step, Told } from '../../model/step.ts'
import type { HistoryQuery } from '../store.ts'
import { bucketOf } from './buckets.ts'
import { cqlValue } from './cql-writer.ts'
import type { PartitionBatches } from './session/partition-batches.ts'
import type { Call, Row } from './session/session.ts'
import { writeTimestampNs } from './write-timestamp.ts'

const TOLD_MAX = 1_000

/** Steps of alerts by time and by alert, and what was told of each. */
export class StepTable {
  readonly #insert
  readonly #select

  constructor(keyspace: string) {
    this.#insert = {
      byTime: `INSERT INTO ${keyspace}.steps (bucket, at, seq, id, body)
        VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?`,
      byAlert: `INSERT INTO ${keyspace}.step_by_alert (fingerprint, bucket, at, seq, id, body)
        VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
      told: `INSERT INTO ${keyspace}.told (step_id, receiver, key, seq, body)
        VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?`,
    }
    this.#select = {
      byTime: `SELECT id, body FROM ${keyspace}.steps WHERE bucket = ?`,
      byAlert: `SELECT id, body FROM ${keyspace}.step_by_alert
        WHERE fingerprint = ? AND bucket = ?`,
      told: `SELECT body FROM ${keyspace}.told WHERE step_id = ?`,
    }
  }

  /** A step never changes: each of its writes has the same timestamp. */
  addStep(batches: PartitionBatches, step: Step): void {
    const { id, fingerprint, at, seq } = step
    const body = cqlValue.text(JSON.stringify(step))
    const written = cqlValue.long(writeTimestampNs(at, 0))
    const row = [cqlValue.long(at), cqlValue.long(seq), id, body, written]
    const hour = bucketOf('steps', at)
    const byTime = { query: this.#insert.byTime, params: [cqlValue.long(hour), ...row] }
    batches.add(`steps ${hour}`, byTime, body.length)
    const quarter = bucketOf('alert', at)
    const params = [fingerprint, cqlValue.long(quarter), ...row]
    const byAlert = { query: this.#insert.byAlert, params }
    batches.add(`alert ${quarter} ${fingerprint}`, byAlert, body.length)
  }

  /** The last attempt stays: the attempt itself is the timestamp, whenever it was sent. */
  addTold(batches: PartitionBatches, told: Told): void {
    const { of, receiver, key, seq, attempt } = told
    const body = cqlValue.text(JSON.stringify(told))
    const params = [of, receiver, key, cqlValue.long(seq), body, cqlValue.long(attempt)]
    batches.add(`told ${of}`, { query: this.#insert.told, params }, body.length)
  }

  /** Steps of one bucket, newest first, each with what was told of it. */
  async steps(
    call: Call,
    query: HistoryQuery,
    bucket: number,
  ): Promise<readonly (readonly (Step | Told)[])[]> {
    const { fingerprint, from, to, after, limit } = query
    const [select, key] =
      fingerprint === undefined
        ? [this.#select.byTime, [cqlValue.long(bucket)]]
        : [this.#select.byAlert, [fingerprint, cqlValue.long(bucket)]]
    const isLater = after !== undefined && after.at <= to
    const below = isLater ? '(at, seq, id) < (?, ?, ?)' : '(at) <= (?)'
    const before = isLater
      ? [cqlValue.long(after.at), cqlValue.long(after.seq), after.id]
      : [cqlValue.long(to)]
    const statement = {
      query: `${select} AND ${below} AND (at) > (?)`,
      params: [...key, ...before, cqlValue.long(from)],
    }
    const rows = await call.rows(statement, limit)
    return Promise.all(rows.map((row) => this.#withTold(call, row)))
  }

  async #withTold(call: Call, row: Row): Promise<readonly (Step | Told)[]> {
    const step: Step = JSON.parse(String(row['body']))
    const params = [String(row['id'])]
    const told = await call.rows({ query: this.#select.told, params }, TOLD_MAX)
    const all = told.map((each): Told => JSON.parse(String(each['body'])))
    all.sort((a, b) => a.sent - b.sent || (a.receiver < b.receiver ? -1 : 1))
    return [step, ...all]
  }
}
