import { fnv1a64 } from '../../../std/hash.ts'
import { Buffer } from 'node:buffer'
import { bucketOf } from '../buckets.ts'
import { cqlValue } from '../cql-writer.ts'
import type { Call, Statement } from '../session/session.ts'
import {
  decodeDoubles,
  decodeHeads,
  encodeDoubles,
  encodePiece,
  type SnapshotEntry,
  type SnapshotHeads,
} from './snapshot-codec.ts'
import { writeTimestampNs } from '../write-timestamp.ts'

/** Windows of one piece: at five values 120 KB. */
const PIECE_WINDOWS_MAX = 2_048
/** Hashes of groups remembered with the minutes that they were told in. */
const ROSTER_HASHES_MAX = 400_000
/** The first page is what a monitor of 10,000 groups needs for two ends. */
const PAGE_ROWS = 16

/** Windows of one end that one write brought. */
export type ReadPiece = {
  readonly end: number
  readonly heads: SnapshotHeads
  readonly column: Float64Array | undefined
}

/**
 * What all groups of a monitor were at each end: every write adds its windows packed into pieces of
 * their own, and whoever reads takes the highest revision of each, so writers need not know of each
 * other. A roster says which groups have any window in a minute.
 */
export class SnapshotTable {
  readonly #statements
  #rosters = new Map<string, Set<number>>()
  #rosterHashes = 0

  constructor(keyspace: string) {
    this.#statements = {
      // Not INSERT: that would put a tombstone before the columns.
      add: `UPDATE ${keyspace}.snapshot USING TIMESTAMP ? SET heads = ?, columns = columns + ?
        WHERE monitor = ? AND minute = ? AND end = ? AND piece = ?`,
      addRoster: `INSERT INTO ${keyspace}.rosters (monitor, minute, piece, hashes)
        VALUES (?, ?, ?, ?) USING TIMESTAMP ?`,
      pieces: `SELECT end, heads, columns[?] AS column FROM ${keyspace}.snapshot
        WHERE monitor = ? AND minute = ? AND end >= ? AND end <= ?`,
      roster: `SELECT hashes FROM ${keyspace}.rosters WHERE monitor = ? AND minute = ?`,
    }
  }

  /** One statement a piece, one a minute for groups not told of in it. */
  *adding(entries: readonly SnapshotEntry[]): Generator<readonly Statement[], void> {
    const ends = Map.groupBy(entries, ({ window }) => `${window.end} ${window.monitor}`)
    for (const ofEnd of ends.values()) {
      for (let from = 0; from < ofEnd.length; from += PIECE_WINDOWS_MAX) {
        yield [this.#piece(ofEnd.slice(from, from + PIECE_WINDOWS_MAX))]
      }
    }
    const minutes = Map.groupBy(
      entries,
      ({ window }) => `${bucketOf('snapshot', window.end)} ${window.monitor}`,
    )
    for (const [key, ofMinute] of minutes) {
      const statement = this.#roster(key, ofMinute)
      if (statement !== undefined) yield [statement]
    }
  }

  forget(): void {
    this.#rosters = new Map()
    this.#rosterHashes = 0
  }

  /** Pieces of one minute with ends in [from, to], newest end first. */
  async *pieces(
    call: Call,
    query: { readonly monitor: string; readonly value: string },
    span: { readonly minute: number; readonly from: number; readonly to: number },
  ): AsyncGenerator<ReadPiece, void> {
    const ends = [cqlValue.long(span.from), cqlValue.long(span.to)]
    const params = [query.value, query.monitor, cqlValue.long(span.minute), ...ends]
    const statement = { query: this.#statements.pieces, params }
    const bounds = { pageRows: PAGE_ROWS, rowsMax: Infinity }
    for await (const rows of call.pages(statement, bounds)) {
      for (const row of rows) {
        const column = row['column'] as Buffer | null
        yield {
          end: (row['end'] as Date).getTime(),
          heads: decodeHeads(row['heads'] as Buffer),
          column: column === null ? undefined : decodeDoubles(column),
        }
      }
    }
  }

  /** Hashes of the groups that have windows in a minute; some may come twice. */
  async roster(call: Call, monitor: string, minute: number): Promise<readonly Float64Array[]> {
    const params = [monitor, cqlValue.long(minute)]
    // All of them, within the deadline: without one a group would be missing and nobody told.
    const rows = await call.rows({ query: this.#statements.roster, params }, Infinity)
    return rows.map((row) => decodeDoubles(row['hashes'] as Buffer))
  }

  #piece(entries: readonly SnapshotEntry[]): Statement {
    const { monitor, end } = entries[0]!.window
    const { id, heads, columns } = encodePiece(entries)
    const place = [monitor, cqlValue.long(bucketOf('snapshot', end)), cqlValue.long(end), id]
    const written = cqlValue.long(writeTimestampNs(end, 0))
    return { query: this.#statements.add, params: [written, heads, columns, ...place] }
  }

  #roster(key: string, entries: readonly SnapshotEntry[]): Statement | undefined {
    const told = this.#rosters.get(key) ?? new Set<number>()
    this.#rosters.set(key, told)
    const fresh = new Set<number>()
    for (const { hash } of entries) if (!told.has(hash)) fresh.add(hash)
    if (fresh.size === 0) return undefined
    for (const hash of fresh) told.add(hash)
    this.#rosterHashes += fresh.size
    this.#bound()
    const { monitor, end } = entries[0]!.window
    const minute = bucketOf('snapshot', end)
    const hashes = encodeDoubles([...fresh].sort((a, b) => a - b))
    const piece = Buffer.from(fnv1a64([hashes]), 'hex')
    const written = cqlValue.long(writeTimestampNs(minute, 0))
    const params = [monitor, cqlValue.long(minute), piece, hashes, written]
    return { query: this.#statements.addRoster, params }
  }

  /** The oldest minutes go first. */
  #bound(): void {
    for (const [key, told] of this.#rosters) {
      if (this.#rosterHashes <= ROSTER_HASHES_MAX || this.#rosters.size === 1) return
      this.#rosters.delete(key)
      this.#rosterHashes -= told.size
    }
  }
}
