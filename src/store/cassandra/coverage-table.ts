import type { SiteMinute } from '../../model/roll-up.ts'
import type { CoverageQuery } from '../store.ts'
import { bucketOf } from './buckets.ts'
import { CqlWriter, cqlValue } from './cql-writer.ts'
import type { PartitionBatches } from './session/partition-batches.ts'
import type { Call } from './session/session.ts'
import { writeTimestampNs } from './write-timestamp.ts'

const VALUE_BYTES = 7 * 12

type Value = Readonly<
  Record<'rev' | 'expected' | 'reported' | 'rows' | 'late' | 'rejected', bigint>
> & { readonly lag_ms: bigint | null }

/** The minutes of sites: partitions of a site and a day. */
export class CoverageTable {
  readonly #writer = new CqlWriter()
  readonly #insert: string
  readonly #select: string

  constructor(keyspace: string) {
    this.#insert = `INSERT INTO ${keyspace}.coverage (site, day, minute, value)
      VALUES (?, ?, ?, ?) USING TIMESTAMP ?`
    this.#select = `SELECT minute, value FROM ${keyspace}.coverage
      WHERE site = ? AND day = ? AND minute >= ? AND minute < ?`
  }

  add(batches: PartitionBatches, minute: SiteMinute): void {
    const { site, at, rev } = minute
    const day = bucketOf('coverage', at)
    const writer = this.#writer
    writer.begin(VALUE_BYTES)
    writer.long(rev)
    writer.long(minute.expected)
    writer.long(minute.reported)
    writer.long(minute.rows)
    writer.long(minute.late)
    writer.long(minute.rejected)
    writer.longOrNull(minute.lagMs)
    const params = [
      site,
      cqlValue.long(day),
      cqlValue.long(at),
      writer.end(),
      cqlValue.long(writeTimestampNs(at, rev)),
    ]
    batches.add(`coverage ${day} ${site}`, { query: this.#insert, params }, VALUE_BYTES + 50)
  }

  /** Minutes of one day that start in [from, to), oldest first. */
  async minutes(call: Call, query: CoverageQuery, day: number): Promise<readonly SiteMinute[]> {
    const { site, from, to, limit } = query
    const params = [site, cqlValue.long(day), cqlValue.long(from), cqlValue.long(to)]
    const rows = await call.rows({ query: this.#select, params }, limit)
    return rows.map((row) => {
      const value = row['value'] as Value
      return {
        site,
        at: (row['minute'] as Date).getTime(),
        rev: Number(value.rev),
        expected: Number(value.expected),
        reported: Number(value.reported),
        rows: Number(value.rows),
        late: Number(value.late),
        rejected: Number(value.rejected),
        lagMs: value.lag_ms === null ? null : Number(value.lag_ms),
      }
    })
  }
}
