import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openCodecs } from '../../src/log/codecs/open-codecs.ts'
import { prng } from '../../src/std/prng.ts'
import { scanBatches } from '../../src/wire/record-batch/batch-scanner.ts'
import { BatchEncoder } from '../../src/wire/record-batch/batch-encoder.ts'
import { ScannedColumns } from '../../src/wire/record-batch/scanned-columns.ts'
import { compressBatch, stampProducer } from '../../src/wire/record-batch/sealed-batch.ts'
import { fuzzSeed } from './fuzz-seed.ts'
import { mutate } from './mutate.ts'

/** More at night: FUZZ_RUNS=1000000. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 4_000)
const STAMP = { producerId: -1, producerEpoch: -1, baseSequence: -1 }
const INFLATED_BYTES_MAX = 5_000

const codecs = await openCodecs()

test(`[L20] ${RUNS} compressed batches, mutated, are scanned in bounds or refused`, (t) => {
  const seed = fuzzSeed()
  t.diagnostic(`FUZZ_SEED=${seed} plays it again`)
  const random = prng(seed)
  const columns = new ScannedColumns(1, codecs)
  const counts = { rows: 0, inflate: 0, others: 0 }
  for (let run = 0; run < RUNS; run++) {
    const codec = 1 + random.below(4)
    const sealed = compressBatch(batchOf(random), codec, codecs)
    assert.equal(sealed[22]! & 7, codec)
    const body = { bytes: new Uint8Array(sealed.length + 100), from: 61, to: sealed.length }
    body.bytes.set(sealed)
    for (let left = 1 + random.below(3); left > 0; left--) mutate(random, body)
    const bytes = body.bytes.slice(0, Math.max(body.to, 61))
    new DataView(bytes.buffer).setInt32(8, bytes.length - 12)
    stampProducer(bytes, STAMP, codecs)

    const inflated = codecs.inflate(codec, bytes.subarray(61), INFLATED_BYTES_MAX)
    const length = inflated?.length ?? 0
    columns.reset({ next: 0 })
    scanBatches(bytes, { from: 0, to: bytes.length }, columns)

    assert.ok(length <= INFLATED_BYTES_MAX)
    assert.deepEqual([columns.consumed, columns.stuck], [bytes.length, undefined])
    checkColumns(columns)
    const reason = columns.rejected[0]?.reason
    if (reason === undefined) counts.rows += columns.count
    else counts[reason === 'inflate' ? 'inflate' : 'others']++
  }

  t.diagnostic(`${RUNS} runs: ${JSON.stringify(counts)}`)
  for (const count of Object.values(counts)) assert.ok(count > RUNS / 100)
})

/** Some records that compress well or less well, of 1 to 4 KiB. */
function batchOf({ below }: ReturnType<typeof prng>): Uint8Array {
  const encoder = new BatchEncoder()
  encoder.open()
  const noise = 1 + below(40)
  for (let left = 1 + below(6); left > 0; left--) {
    const value = new Uint8Array(1_050 / left + below(400)).map((_, i) =>
      i % 50 < noise ? i : below(64),
    )
    encoder.add({ value })
  }
  encoder.add({ value: new Uint8Array(1_100) })
  encoder.close({ base: 0, time: 5, logAppendTime: true })
  return encoder.bytes
}

function checkColumns({ count, offsets, keys, values, arena }: ScannedColumns): void {
  for (const { bytes, starts, lengths } of [keys, values]) {
    for (let row = 0; row < count; row++) {
      const end = starts[row]! + Math.max(0, lengths[row]!)
      assert.ok(starts[row]! >= 0 && end <= arena.used && end <= bytes.length)
    }
  }
  for (let row = 1; row < count; row++) assert.ok(offsets[row]! > offsets[row - 1]!)
}
