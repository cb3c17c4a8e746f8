import { utf8 } from '../../std/bytes.ts'
import { clusterOfName, clusterOfRow } from '../../sketch/cluster.ts'
import type { FieldColumns } from '../../wire/fields/field-columns.ts'
import type { WantedField } from '../../wire/fields/field-plan.ts'

/** The fields a cluster goes by: the first one that a row has (Z18). */
export const clusterFields: readonly WantedField[] = [
  { name: 'session', kind: 'text' },
  { name: 'conn', kind: 'text' },
  { name: 'client', kind: 'text' },
]

type Fields = {
  /** Those of `clusterFields`, in their order. */
  readonly names: readonly number[]
  readonly p: number
  readonly ts: number
}

/** A batch as it was read; `isRequest` says of a row whether it was sampled by itself. */
type Batch = {
  readonly columns: FieldColumns
  readonly bytes: Uint8Array
  readonly count: number
  readonly isRequest: (row: number) => boolean
}

/**
 * The clusters of a batch's rows (Z18), hashed from the rows' own bytes: a table of names would
 * cost more than their hashes, and every session seen would stay in it.
 */
export class ClusterColumn {
  readonly #fields: Fields
  /** By row, for rows that carry a rate. */
  clusters = new Int32Array(0)

  constructor(fields: Fields) {
    this.#fields = fields
  }

  reserve(rows: number): void {
    this.clusters = new Int32Array(rows)
  }

  /** Notes the name of a row that was parsed instead of scanned: its bytes do not show it. */
  noteParsed(row: number, texts: readonly (string | undefined)[]): void {
    const name = this.#fields.names.map((field) => texts[field]).find((text) => text !== undefined)
    if (name !== undefined) this.clusters[row] = clusterOfName(utf8(name))
  }

  /** Finds the clusters of all rows that carry a rate. */
  find({ columns, bytes, count, isRequest }: Batch): void {
    const { masks, numbers, starts, lengths, status } = columns
    const { names, p, ts } = this.#fields
    const { clusters } = this
    const [hasRate, rate] = [masks[p >>> 5]!, 1 << (p & 31)]
    for (let row = 0; row < count; row++) {
      if ((hasRate[row]! & rate) === 0) continue
      const at = numbers[ts]![row]!
      const name = nameOf(names, masks, row)
      if (name < 0) {
        clusters[row] = clusterOfRow(at)
        continue
      }
      const isScanned = status[row] === 0
      const [from, length] = [starts[name]![row]!, lengths[name]![row]!]
      const cluster = isScanned ? clusterOfName(bytes, from, length) : clusters[row]!
      clusters[row] = isRequest(row) ? clusterOfRow(at, cluster) : cluster
    }
  }
}

/** The first of these fields that the row has, or −1. */
function nameOf(names: readonly number[], masks: readonly Int32Array[], row: number): number {
  for (let i = 0; i < names.length; i++) {
    const field = names[i]!
    if ((masks[field >>> 5]![row]! & (1 << (field & 31))) !== 0) return field
  }
  return -1
}
