import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prng } from '../../src/std/prng.ts'
import { findBatch, scanBatches } from '../../src/wire/record-batch/batch-scanner.ts'
import { plainCodecs, type Codecs } from '../../src/wire/record-batch/codecs.ts'
import { ScannedColumns } from '../../src/wire/record-batch/scanned-columns.ts'
import { decodeRun, type DecodedRun } from './batch-oracle.ts'
import { fuzzSeed } from './fuzz-seed.ts'
import { RunMaker } from './run-maker.ts'

/** More at night: FUZZ_RUNS=10000000. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 300_000)

/** What a scan found, as the other decoder says it. */
function found({ consumed, next, stuck, rejected, ...columns }: ScannedColumns): DecodedRun {
  const { count, offsets, times, keys, values } = columns
  return {
    consumed,
    next,
    isStuck: stuck !== undefined,
    records: Array.from({ length: count }, (_, row) => ({
      offset: offsets[row]!,
      time: times[row]!,
      key: [keys.starts[row]!, keys.lengths[row]!],
      value: [values.starts[row]!, values.lengths[row]!],
    })),
    rejected: rejected.map((range) => [range.from, range.next]),
  }
}

test(`[L20] ${RUNS} runs of batches, most mutated, are scanned as another decoder does`, (t) => {
  const seed = fuzzSeed()
  t.diagnostic(`FUZZ_SEED=${seed} plays it again`)
  const maker = new RunMaker(seed)
  const columns = new ScannedColumns(1)
  const counts = { records: 0, rejected: 0, stuck: 0 }
  for (let run = 0; run < RUNS; run++) {
    const bytes = maker.write()
    columns.reset({ next: 0 })

    scanBatches(bytes, { from: 0, to: bytes.length }, columns)

    const [ours, theirs] = [found(columns), decodeRun(bytes)]
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
      assert.deepEqual(ours, theirs, `seed ${seed}, run ${run}: ${hexOf(bytes)}`)
    }
    counts.records += ours.records.length
    counts.rejected += ours.rejected.length
    counts.stuck += ours.isStuck ? 1 : 0
  }

  t.diagnostic(`${RUNS} runs: ${JSON.stringify(counts)}`)
  for (const count of Object.values(counts)) assert.ok(count > RUNS / 10)
})

test('[L20] what lost bytes cost grows no faster than they do, whatever they hold', () => {
  const random = prng(fuzzSeed())
  let summed = 0
  const codecs: Codecs = {
    ...plainCodecs,
    crc32c: (_, from, to) => {
      summed += to - from
      return 0
    },
  }
  for (const size of [1000, 30_000, 100_000]) {
    // Every byte may begin a header: magic at its place, lengths that reach far.
    const bytes = new Uint8Array(size).fill(2)
    const view = new DataView(bytes.buffer)
    for (let at = 0; at + 12 < size; at += 1 + random.below(20)) view.setInt32(at + 8, size >> 1)
    summed = 0

    const { at } = findBatch(bytes, { from: 0, to: size, codecs }, { next: 0, limit: 9 })

    assert.equal(at, size)
    assert.ok(summed > size && summed <= 5 * size, `${summed} bytes were summed of ${size}`)
  }
})

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
