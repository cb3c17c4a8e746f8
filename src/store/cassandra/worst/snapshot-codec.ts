import { Buffer } from 'node:buffer'
import type { WindowResult } from '../../../model/window-result.ts'
import { fnv1a64 } from '../../../std/hash.ts'

/** Windows of one monitor and end, with the hash of each one's group. */
export type SnapshotEntry = { readonly hash: number; readonly window: WindowResult }

/** Windows as columns: a question for one value reads the heads and that column alone. */
export type SnapshotPiece = {
  /** Of the heads: the same windows give the same piece, whoever writes it. */
  readonly id: Buffer
  readonly heads: Buffer
  /** Doubles by name of the value; NaN where a window has none. */
  readonly columns: ReadonlyMap<string, Buffer>
}

/** What of each window is read whatever is asked. */
export type SnapshotHeads = {
  readonly hashes: Float64Array
  readonly revs: Float64Array
  /** 1: closed. */
  readonly closed: Uint8Array
}

const DOUBLE_BYTES = 8
const HEAD_BYTES = 2 * DOUBLE_BYTES + 1

/** Packs windows; their order does not matter. Doubles are little-endian, as machines hold them. */
export function encodePiece(entries: readonly SnapshotEntry[]): SnapshotPiece {
  const sorted = entries.toSorted((a, b) => a.hash - b.hash || a.window.rev - b.window.rev)
  const count = sorted.length
  const hashes = Float64Array.from(sorted, ({ hash }) => hash)
  const revs = Float64Array.from(sorted, ({ window }) => window.rev)
  const closed = Uint8Array.from(sorted, ({ window }) => Number(window.closed))
  const heads = Buffer.concat([bytesOf(hashes), bytesOf(revs), closed])
  const columns = new Map<string, Float64Array>()
  for (const [i, { window }] of sorted.entries()) {
    for (const name of Object.keys(window.values)) {
      let column = columns.get(name)
      if (column === undefined) columns.set(name, (column = new Float64Array(count).fill(NaN)))
      column[i] = window.values[name]!
    }
  }
  return {
    id: Buffer.from(fnv1a64([heads]), 'hex'),
    heads,
    columns: new Map(columns.entries().map(([name, column]) => [name, bytesOf(column)])),
  }
}

export function decodeHeads(heads: Uint8Array): SnapshotHeads {
  const count = Math.floor(heads.length / HEAD_BYTES)
  const doubles = decodeDoubles(heads.subarray(0, 2 * DOUBLE_BYTES * count))
  return {
    hashes: doubles.subarray(0, count),
    revs: doubles.subarray(count),
    closed: heads.subarray(2 * DOUBLE_BYTES * count),
  }
}

/** Copies: bytes of an answer begin anywhere, doubles at eights. */
export function decodeDoubles(bytes: Uint8Array): Float64Array {
  const doubles = new Float64Array(Math.floor(bytes.length / DOUBLE_BYTES))
  new Uint8Array(doubles.buffer).set(bytes.subarray(0, doubles.byteLength))
  return doubles
}

/** Numbers as bytes that `decodeDoubles` reads. */
export const encodeDoubles = (values: Iterable<number>): Buffer =>
  bytesOf(Float64Array.from(values))

const bytesOf = ({ buffer, byteOffset, byteLength }: Float64Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
