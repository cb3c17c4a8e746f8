import type { LogBatch, LogRecord, TopicSpec } from '../log.ts'
import { Waiters } from './waiters.ts'

type Stored = {
  readonly offset: number
  readonly time: number
  readonly key: Uint8Array | undefined
  readonly value: Uint8Array | undefined
  readonly size: number
}

/** What a record weighs beside its bytes, about what a record batch spends on one. */
const RECORD_OVERHEAD_BYTES = 16

/** A compacted topic shows a deletion this long, so that slow readers see it too. */
const TOMBSTONE_MS = 24 * 3_600_000

/** Bytes of a record that count towards `bytesMax`, retention and the log's bound. */
export const recordBytes = (record: LogRecord): number =>
  RECORD_OVERHEAD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0)

/** The records of one partition, in order of offset; offsets have gaps after compaction. */
export class MemoryPartition {
  readonly grown = new Waiters()
  #spec: TopicSpec
  readonly #partition: number
  #records: Stored[] = []
  #end = 0
  #start = 0
  #bytes = 0
  #timeMax = 0
  /** Appended since the last compaction, and what that left behind. */
  #dirtyCount = 0
  #cleanCount = 0

  constructor(spec: TopicSpec, partition: number) {
    this.#spec = spec
    this.#partition = partition
  }

  /** Another retention is in force from the next look on. */
  adopt(spec: TopicSpec): void {
    this.#spec = spec
  }

  get end(): number {
    return this.#end
  }

  get start(): number {
    return this.#start
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Stamps max(clock, previous), so append times never step back (L13). Copies the bytes. */
  append(record: LogRecord, now: number): void {
    this.#timeMax = Math.max(this.#timeMax, now)
    const size = recordBytes(record)
    this.#records.push({
      offset: this.#end++,
      time: this.#timeMax,
      key: record.key?.slice(),
      value: record.value?.slice(),
      size,
    })
    this.#bytes += size
    this.#dirtyCount++
  }

  /** Deletes what retention or compaction no longer keeps, as of `now`. */
  tidy(now: number): void {
    if (this.#spec.cleanup === 'compact') this.#compact(now)
    else this.#retain(now)
  }

  /** First offset whose record was appended at or after `atMs`, else the end. */
  offsetAt(atMs: number): number {
    return this.#records.find((record) => record.time >= atMs)?.offset ?? this.#end
  }

  /** Records from `offset` on: as many as fit into `bytesMax`, but at least one. */
  batchFrom(offset: number, bytesMax: number): LogBatch | undefined {
    const first = this.#indexOf(offset)
    if (first === this.#records.length) return undefined
    let last = first
    let bytes = this.#records[first]!.size
    while (last + 1 < this.#records.length) {
      bytes += this.#records[last + 1]!.size
      if (bytes > bytesMax) break
      last++
    }
    return this.#batchOf(this.#records.slice(first, last + 1))
  }

  /** Index of the first record at or after the offset, by bisection. */
  #indexOf(offset: number): number {
    let low = 0
    let high = this.#records.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#records[middle]!.offset < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  #batchOf(records: readonly Stored[]): LogBatch {
    const count = records.length
    let length = 0
    for (const { key, value } of records) length += (key?.length ?? 0) + (value?.length ?? 0)
    const bytes = new Uint8Array(length)
    const column = () => ({ bytes, starts: new Int32Array(count), lengths: new Int32Array(count) })
    const [keys, values] = [column(), column()]
    let at = 0
    for (const [row, { key, value }] of records.entries()) {
      for (const [into, part] of [
        [keys, key],
        [values, value],
      ] as const) {
        into.starts[row] = at
        into.lengths[row] = part === undefined ? -1 : part.length
        if (part === undefined) continue
        bytes.set(part, at)
        at += part.length
      }
    }
    return {
      topic: this.#spec.topic,
      partition: this.#partition,
      base: records[0]!.offset,
      next: records[count - 1]!.offset + 1,
      end: this.#end,
      raw: bytes,
      rejected: [],
      count,
      offsets: Float64Array.from(records, (record) => record.offset),
      times: Float64Array.from(records, (record) => record.time),
      keys,
      values,
    }
  }

  #retain(now: number): void {
    const { retentionMs, retentionBytes } = this.#spec
    let gone = 0
    let bytes = this.#bytes
    for (const { time, size } of this.#records) {
      const isOld = retentionMs >= 0 && time < now - retentionMs
      // The newest record stays whatever its size, as the segment being written does on disk.
      const isTooMuch =
        retentionBytes >= 0 && bytes > retentionBytes && gone < this.#records.length - 1
      if (!isOld && !isTooMuch) break
      bytes -= size
      gone++
    }
    if (gone === 0) return
    this.#records.splice(0, gone)
    this.#bytes = bytes
    this.#start = this.#records[0]?.offset ?? this.#end
  }

  /** Keeps the last record of each key; due once as much was appended as is kept. */
  #compact(now: number): void {
    if (this.#dirtyCount < Math.max(this.#cleanCount, 1)) return
    const lastOf = new Map<string, number>()
    for (const { key, offset } of this.#records) lastOf.set(keyText(key), offset)
    this.#records = this.#records.filter(({ key, value, offset, time }) => {
      const isExpired = value === undefined && time < now - TOMBSTONE_MS
      return lastOf.get(keyText(key)) === offset && !isExpired
    })
    this.#bytes = this.#records.reduce((sum, { size }) => sum + size, 0)
    this.#cleanCount = this.#records.length
    this.#dirtyCount = 0
  }
}

/** Bytes as a map's key: one character a byte, so unequal bytes stay unequal. */
const keyText = (key: Uint8Array | undefined): string =>
  key === undefined ? 'absent' : `=${Array.from(key, (byte) => String.fromCharCode(byte)).join('')}`
