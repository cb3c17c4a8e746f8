// Estimates of a sample and their errors from raw rows alone, by the words of S2, Z7 and Z18.
import type { RawRow } from './recording-oracle.ts'

const WORD = 2n ** 32n
const times = (a: bigint, b: bigint): bigint => (a * b) % WORD
const rotated = (a: bigint, by: bigint): bigint => ((a << by) | (a >> (32n - by))) % WORD

/** What a row stands for: these rates are 1/k. */
const weightOfRow = ({ p = 1 }: RawRow): number => Math.round(1 / Number(p))

export const isOfSample = (rows: readonly RawRow[]): boolean =>
  rows.some((row) => weightOfRow(row) > 1)

/** Σ w · x over rows, for an x that is whole. */
export const scaledSum = (rows: readonly RawRow[], xOf: (row: RawRow) => number): number =>
  rows.reduce((sum, row) => sum + weightOfRow(row) * xOf(row), 0)

/** A sum's error as 64 sums of whole hundredths (Z18), for an x that is whole. */
export function errorOf(rows: readonly RawRow[], xOf: (row: RawRow) => number): readonly number[] {
  const sums = Array.from({ length: 64 }, () => 0)
  for (const row of rows) {
    const w = weightOfRow(row)
    const units = Math.floor(Math.sqrt(w * (w - 1)) * xOf(row) * 100 + 0.5)
    const cluster = clusterOf(row)
    sums[Number(cluster % 64n)]! += (cluster / 64n) % 2n === 0n ? units : -units
  }
  return sums
}

/** The standard error that 64 sums of hundredths say. */
export const stderrOf = (sums: readonly number[]): number =>
  Math.sqrt(sums.reduce((sum, each) => sum + (each / 100) ** 2, 0))

/** How many values a field has, each at the least weight it was seen with, and the error of it. */
export function scaledDistinct(rows: readonly RawRow[], field: string) {
  const weightByValue = new Map<unknown, number>()
  for (const row of rows) {
    const weight = row['sampled'] === 'request' ? 1 : weightOfRow(row)
    weightByValue.set(row[field], Math.min(weight, weightByValue.get(row[field]) ?? weight))
  }
  const weights = [...weightByValue.values()]
  return {
    value: weights.length === 0 ? undefined : weights.reduce((sum, w) => sum + w, 0),
    stderr: Math.sqrt(weights.reduce((sum, w) => sum + w * (w - 1), 0)),
  }
}

const clusterByName = new Map<string, bigint>()

/** 32 bits, unsigned. */
function clusterOf(row: RawRow): bigint {
  const name = row['session'] ?? row['conn'] ?? row['client']
  if (name === undefined) return ofTime(42n, row.ts)
  const text = String(name)
  const cluster = clusterByName.get(text) ?? ofName(text)
  clusterByName.set(text, cluster)
  return row['sampled'] === 'request' ? ofTime(cluster, row.ts) : cluster
}

function ofName(name: string): bigint {
  const bytes = Buffer.from(name)
  const whole = bytes.length - (bytes.length % 4)
  let hash = 42n
  for (let at = 0; at < whole; at += 4) hash = mixed(hash, BigInt(bytes.readUInt32LE(at)))
  for (let at = whole; at < bytes.length; at++) {
    hash = mixed(hash, BigInt.asUintN(32, BigInt(bytes.readInt8(at))))
  }
  return finished(hash, bytes.length)
}

const ofTime = (seed: bigint, ts: number): bigint =>
  finished(mixed(mixed(seed, BigInt(ts) % WORD), BigInt(ts) / WORD), 8)

const mixed = (hash: bigint, word: bigint): bigint => {
  const k = times(rotated(times(word, 0xcc9e2d51n), 15n), 0x1b873593n)
  return (times(rotated(hash ^ k, 13n), 5n) + 0xe6546b64n) % WORD
}

function finished(hash: bigint, length: number): bigint {
  let h = hash ^ BigInt(length)
  h = times(h ^ (h >> 16n), 0x85ebca6bn)
  h = times(h ^ (h >> 13n), 0xc2b2ae35n)
  return h ^ (h >> 16n)
}
