// Rows of about 340 bytes in record batches: their fields into columns, beside JSON.parse of the
// same rows; then what goes before that, the checksum and the scan of the batch, and encoding it.
import assert from 'node:assert/strict'
import { openCodecs } from '../src/log/codecs/open-codecs.ts'
import { utf8 } from '../src/std/bytes.ts'
import { createFieldColumns, type FieldColumns } from '../src/wire/fields/field-columns.ts'
import { compileFieldPlan, type WantedField } from '../src/wire/fields/field-plan.ts'
import { FieldScanner } from '../src/wire/fields/field-scanner.ts'
import { encodeReading, parseReading } from '../src/wire/reading-codec.ts'
import { BatchEncoder } from '../src/wire/record-batch/batch-encoder.ts'
import { plainCodecs, type Codecs } from '../src/wire/record-batch/codecs.ts'
import { scanBatches } from '../src/wire/record-batch/batch-scanner.ts'
import { ScannedColumns } from '../src/wire/record-batch/scanned-columns.ts'
import { printFigure } from './figure.ts'
import { workloadLines } from './workload.ts'

const BENCH = 'how-fast-are-fields-read'
/** About a mebibyte at a time, as a reader has it, and many of them: rows do not repeat. */
const RUN_ROWS = 3000
const RUNS = 20
const ROUNDS = 15
const WARM_ROUNDS = 5

const named = (kind: WantedField['kind'], names: string): readonly WantedField[] =>
  names.split(' ').map((name) => ({ name, kind }))

/** What a fold reads of every row, and two measures that a monitor wants. */
const plan = compileFieldPlan([
  ...named('text', 'site stream collector sampled src'),
  ...named('number', 'ts p n spread final retrans rtt_ms'),
])

const codecs = await openCodecs()
/** Stands for the checksum where the time beside it is asked. */
const unchecked: Codecs = { ...plainCodecs, crc32c: () => 0 }

/** Rows as anybody writes them, and as our collectors do. */
const rows = { whole: [] as Uint8Array[], v: [] as Uint8Array[] }
for (const line of workloadLines({ seconds: 6, rowsPerSecond: 10_000, seed: 1 })) {
  const parsed = parseReading(line.trimEnd())
  assert.ok(parsed.ok)
  rows.whole.push(utf8(line.trimEnd()))
  rows.v.push(utf8(encodeReading({ ...parsed.reading, n: rows.v.length, collector: 'bench' })))
}
assert.equal(rows.v.length, RUNS * RUN_ROWS)

printFields('v rows', rows.v, { rate: 3e6, ratio: 4 })
printFields('whole rows', rows.whole, { rate: 2e6, ratio: 2 })
printBatches(rows.v)

function printFields(
  what: string,
  of: readonly Uint8Array[],
  atLeast: { readonly rate: number; readonly ratio: number },
): void {
  const scanner = new FieldScanner(plan)
  const into = createFieldColumns(plan, RUN_ROWS)
  const batches = runsOf(of).map(scanned)
  const [ours, theirs]: [number[], number[]] = [[], []]
  for (let round = -WARM_ROUNDS; round < ROUNDS; round++) {
    const seconds = { ours: 0, theirs: 0 }
    for (const batch of batches) {
      seconds.ours += timed(() => scanner.scan(batch, into))
      let readings: readonly Reading[] = []
      seconds.theirs += timed(() => (readings = parseAll(batch)))
      if (round === -WARM_ROUNDS) checkFields(batch, into, readings)
    }
    if (round < 0) continue
    ours.push(of.length / seconds.ours)
    theirs.push(of.length / seconds.theirs)
  }
  const ratio = ours.map((each, i) => each / theirs[i]!)
  printFigure(BENCH, { figure: what, unit: '1/s', samples: ours, atLeast: atLeast.rate })
  printFigure(BENCH, { figure: `JSON.parse of ${what}`, unit: '1/s', samples: theirs })
  const figure = `${what} ÷ JSON.parse`
  printFigure(BENCH, { figure, unit: 'ratio', samples: ratio, atLeast: atLeast.ratio })
}

function printBatches(of: readonly Uint8Array[]): void {
  const encoder = new BatchEncoder(undefined, unchecked)
  const columns = new ScannedColumns(RUN_ROWS, unchecked)
  const [sum, scan, encode]: [number[], number[], number[]] = [[], [], []]
  const batches = runsOf(of).map((run) => encoded(encoder, run).slice())
  for (let round = -WARM_ROUNDS; round < ROUNDS; round++) {
    const seconds = { sum: 0, scan: 0, encode: 0 }
    for (const batch of batches) {
      // In this order, as a reader does it: what was summed lies in the cache.
      seconds.sum += timed(() => codecs.crc32c(batch, 21, batch.length))
      seconds.scan += timed(() => scanInto(batch, columns))
      const run = valuesOf(columns)
      seconds.encode += timed(() => encoded(encoder, run))
      assert.ok(Buffer.from(encoder.bytes).equals(batch))
    }
    if (round < 0) continue
    sum.push(batches.reduce((bytes, batch) => bytes + batch.length, 0) / 1e6 / seconds.sum)
    scan.push(of.length / seconds.scan)
    encode.push(of.length / seconds.encode)
  }
  printFigure(BENCH, { figure: `checksum, ${codecs.crc32cBy}`, unit: 'MB/s', samples: sum })
  printFigure(BENCH, { figure: 'batch scan', unit: '1/s', samples: scan, atLeast: 20e6 })
  printFigure(BENCH, { figure: 'batch encoding', unit: '1/s', samples: encode, atLeast: 10e6 })
}

function valuesOf({ values: { bytes, starts, lengths } }: ScannedColumns): readonly Uint8Array[] {
  return Array.from({ length: RUN_ROWS }, (_, row) =>
    bytes.subarray(starts[row]!, starts[row]! + lengths[row]!),
  )
}

type Reading = Readonly<Record<string, unknown>>

function runsOf(of: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  return Array.from({ length: RUNS }, (_, run) => of.slice(run * RUN_ROWS, (run + 1) * RUN_ROWS))
}

function encoded(encoder: BatchEncoder, run: readonly Uint8Array[]): Uint8Array {
  encoder.reset()
  encoder.open()
  for (const value of run) encoder.add({ value })
  encoder.close({ base: 0, time: 0, logAppendTime: true })
  return encoder.bytes
}

function scanned(run: readonly Uint8Array[]): ScannedColumns {
  const columns = new ScannedColumns(RUN_ROWS, codecs)
  scanInto(encoded(new BatchEncoder(), run), columns)
  return columns
}

function scanInto(batch: Uint8Array, columns: ScannedColumns): void {
  columns.reset({ next: 0 })
  scanBatches(batch, { from: 0, to: batch.length }, columns)
  assert.equal(columns.count, RUN_ROWS)
}

function parseAll({ values, count }: ScannedColumns): readonly Reading[] {
  const { bytes, starts, lengths } = values
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return Array.from({ length: count }, (_, row): Reading => {
    return JSON.parse(buffer.toString('utf8', starts[row]!, starts[row]! + lengths[row]!))
  })
}

/** Every wanted field of every row is what JSON.parse says, presence included. */
function checkFields(
  batch: ScannedColumns,
  into: FieldColumns,
  readings: readonly Reading[],
): void {
  const { bytes } = batch.values
  const decoder = new TextDecoder()
  for (const [row, reading] of readings.entries()) {
    assert.equal(into.status[row], 0)
    for (const [field, { name, kind }] of plan.fields.entries()) {
      const start = into.starts[field]![row]!
      const text = () => decoder.decode(bytes.subarray(start, start + into.lengths[field]![row]!))
      const isThere = (into.masks[0]![row]! & (1 << field)) !== 0
      const value = kind === 'text' ? text() : into.numbers[field]![row]
      assert.ok(Object.is(isThere ? value : undefined, reading[name]), `${name} in row ${row}`)
    }
  }
}

/** Seconds that it takes. */
function timed(work: () => void): number {
  const startedAt = performance.now()
  work()
  return (performance.now() - startedAt) / 1000
}
