// What a site sends to the cloud for a minute of rows: keys and values of the turns of `forward`,
// packed with zstd as one batch each, against the bytes of the rows.
import assert from 'node:assert/strict'
import { zstdCompressSync } from 'node:zlib'
import { PartitionFold } from '../src/aggregate/partition-fold.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { paneTurn } from '../src/forward/pane-turn.ts'
import { WatermarkChain } from '../src/forward/watermark-chain.ts'
import type { LogBatch, LogRecord } from '../src/log/log.ts'
import { partitionOf } from '../src/std/hash.ts'
import { utf8 } from '../src/std/bytes.ts'
import { rowColumns } from '../test/rig/row-columns.ts'
import { printFigure } from './figure.ts'
import { workloadLines, WORKLOAD_START_AT } from './workload.ts'

const BENCH = 'how-much-is-forwarded'
const SECONDS = 60
const ROWS_PER_SECOND = 10_000
const PARTITIONS = 4
/** How often the reader of rows has something to read, and so emits what is due. */
const TICK_MS = 100
const BATCH_BYTES_MAX = 262_144

const loaded = loadConfig({ file: 'examples/ott.yaml', env: {} })
assert.ok(loaded.ok)
const { site, skewMs, monitors } = loaded.config

type Sent = { readonly panes: number; readonly raw: number; readonly packed: number }

/** By the seconds that a turn gathers; 0: whatever was emitted at once. */
function forwarded(given: { readonly early: boolean; readonly turnMs: number }): Sent {
  const links = Array.from({ length: PARTITIONS }, (_, i) => new Link(i))
  const spec = { site, monitors, partitions: PARTITIONS, panesPartitions: PARTITIONS, skewMs }
  const folds = links.map((_, i) => new PartitionFold({ ...spec, early: given.early }, i))
  const bases = links.map(() => 0)
  for (const { at, lines } of ticks()) {
    const now = WORKLOAD_START_AT + at
    for (const [i, fold] of folds.entries()) {
      const mine = lines.filter((line) => partitionOf(utf8(streamOf(line)), PARTITIONS) === i)
      const rows = [...mine, JSON.stringify({ v: 1, ts: now, site, stream: '-', src: 'beat' })]
      fold.fold(rowColumns(rows, { base: bases[i]!, appendedAt: now }), now)
      bases[i]! += rows.length
      for (const { key, value, partition } of fold.emit(now)) {
        const kept = { key: key!.slice(), value: value!.slice() }
        links[partition ?? partitionOf(key!, PARTITIONS)]!.add(kept)
      }
    }
    const isDue = given.turnMs === 0 || (at + TICK_MS) % given.turnMs === 0
    if (isDue) for (const link of links) link.turn()
  }
  for (const link of links) link.turn()
  return links.reduce(
    (sum, { panes, raw, packed }) => ({
      panes: sum.panes + panes,
      raw: sum.raw + raw,
      packed: sum.packed + packed,
    }),
    { panes: 0, raw: 0, packed: 0 },
  )
}

/** One partition of `panes` on its way. */
class Link {
  readonly #partition: number
  readonly #chain = new WatermarkChain(30_000, '')
  #waiting: { key: Uint8Array; value: Uint8Array }[] = []
  panes = 0
  raw = 0
  packed = 0

  constructor(partition: number) {
    this.#partition = partition
  }

  add(record: { key: Uint8Array; value: Uint8Array }): void {
    this.#waiting.push(record)
  }

  turn(): void {
    if (this.#waiting.length === 0) return
    const crossing = { from: this.#partition, of: PARTITIONS, to: PARTITIONS }
    const { panes, watermarks } = paneTurn(batchOf(this.#waiting), this.#chain, crossing)
    this.#waiting = []
    this.panes += panes.length
    this.#send(panes)
    this.#send(watermarks)
  }

  #send(records: readonly LogRecord[]): void {
    let batch: Uint8Array[] = []
    let bytes = 0
    for (const { key, value } of records) {
      for (const part of [key!, value!]) {
        batch.push(part)
        bytes += part.length
      }
      if (bytes < BATCH_BYTES_MAX) continue
      this.#pack(batch)
      batch = []
      bytes = 0
    }
    if (batch.length > 0) this.#pack(batch)
  }

  #pack(parts: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(parts)
    this.raw += bytes.length
    this.packed += zstdCompressSync(bytes).length
  }
}

function batchOf(records: readonly { key: Uint8Array; value: Uint8Array }[]): LogBatch {
  const text = records.map(() => '')
  const columns = rowColumns(text, { base: 0, appendedAt: 0 })
  return {
    ...columns,
    keys: columnOf(records.map(({ key }) => key)),
    values: columnOf(records.map(({ value }) => value)),
    ...{ topic: 'panes', partition: 0, end: columns.next, raw: new Uint8Array(0), rejected: [] },
  }
}

function columnOf(parts: readonly Uint8Array[]) {
  const starts = new Int32Array(parts.length)
  const lengths = Int32Array.from(parts, ({ length }) => length)
  for (let i = 1; i < parts.length; i++) starts[i] = starts[i - 1]! + lengths[i - 1]!
  return { bytes: new Uint8Array(Buffer.concat(parts)), starts, lengths }
}

const streamOf = (line: string): string => /"stream":"([^"]*)"/.exec(line)?.[1] ?? '-'

function* ticks(): Iterable<{ readonly at: number; readonly lines: readonly string[] }> {
  const perTick = (ROWS_PER_SECOND * TICK_MS) / 1000
  let lines: string[] = []
  let at = 0
  for (const line of workloadLines({ seconds: SECONDS, rowsPerSecond: ROWS_PER_SECOND, seed: 1 })) {
    if (lines.push(line.trimEnd()) < perTick) continue
    yield { at, lines }
    lines = []
    at += TICK_MS
  }
}

let rowBytes = 0
for (const { lines } of ticks()) for (const line of lines) rowBytes += line.length + 1

const isDefault = (name: string): boolean => name.includes('default')

const cases = [
  { name: 'gathered for 800 ms, as by default', early: true, turnMs: 800 },
  { name: 'not gathered', early: true, turnMs: 0 },
  { name: 'gathered for 1 s', early: true, turnMs: 1000 },
  { name: 'after a minute without a link', early: true, turnMs: SECONDS * 1000 },
  { name: 'on close only', early: false, turnMs: 500 },
] as const
for (const { name, ...given } of cases) {
  const { panes, raw, packed } = forwarded(given)
  process.stderr.write(`${name}: ${panes} panes, ${raw} B, packed ${packed} B of ${rowBytes} B\n`)
  const figure = `bytes forwarded ÷ rows, ${name}`
  const samples = [packed / rowBytes]
  printFigure(BENCH, { figure, unit: 'ratio', samples, ...(isDefault(name) && { atMost: 0.02 }) })
}
