import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { javaValue } from '../../src/log/codecs/java-batches.suite.ts'
import { openCodecs } from '../../src/log/codecs/open-codecs.ts'
import { utf8 } from '../../src/std/bytes.ts'
import { prng } from '../../src/std/prng.ts'
import { scanBatches } from '../../src/wire/record-batch/batch-scanner.ts'
import { encodeBatch } from '../../src/wire/record-batch/encode-batch.suite.ts'
import { ScannedColumns } from '../../src/wire/record-batch/scanned-columns.ts'
import { compressBatch, stampProducer } from '../../src/wire/record-batch/sealed-batch.ts'
import { recordBatches, rowLine } from './record-batches.ts'
import { kafkaJars } from './segment-audit.ts'

const jars = await kafkaJars()
const skip = jars.ok ? false : jars.reason
const folderOfJars = jars.ok ? jars.folder : ''
const codecs = await openCodecs()
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

async function temporary(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-codecs-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

test('[L19] Kafka’s own reader reads what we compress, in every codec', { skip }, async (t) => {
  const folder = await temporary(t)
  const random = prng(8)
  const noise = Uint8Array.from({ length: 100_000 }, () => random.below(256))
  const large = Array.from({ length: 3_000 }, (_, i) => utf8(javaValue(i, 100 + (i % 300))))
  const runs = [
    [utf8('x'.repeat(2_000))],
    large,
    [...large.slice(0, 400), noise, ...large],
    [new Uint8Array(3_000_000), new Uint8Array(0)],
  ]
  const files: string[] = []
  const expected: string[] = []
  for (const [run, values] of runs.entries()) {
    for (const [codec, name] of CODECS.entries()) {
      const base = 2 ** 31 + 5
      const records = values.map((value, i) => ({ key: utf8(`k${i}`), value }))
      const of = { base, time: 1_700_000_000_000, logAppendTime: false, records }
      const batch = compressBatch(encodeBatch(of), codec, codecs)
      stampProducer(batch, { producerId: 2 ** 53 - 1, producerEpoch: 9, baseSequence: 77 }, codecs)
      const last = base + values.length - 1
      expected.push(`batch ${name} ${base} ${last} ${2 ** 53 - 1} 9 77`)
      expected.push(...records.map(({ key, value }, i) => rowLine(base + i, key, value)))
      files.push(join(folder, `${run}-${name}`))
      await writeFile(files.at(-1)!, batch)
    }
  }

  const lines = await recordBatches(folderOfJars, 'read', ...files)

  assert.deepEqual(lines, expected)
})

test('[L19] what Kafka’s own writer compresses is read, in every codec', { skip }, async (t) => {
  const columns = new ScannedColumns(1, codecs)
  for (const [count, valueBytes] of [
    [1, 0],
    [3_000, 170],
    [4, 1_000_000],
  ] as const) {
    const folder = await temporary(t)

    await recordBatches(folderOfJars, 'write', folder, `${count}`, `${valueBytes}`)

    for (const [codec, name] of CODECS.entries()) {
      const bytes = Uint8Array.from(await readFile(join(folder, `${name}.batch`)))
      assert.equal(bytes[22]! & 7, codec)
      columns.reset({ next: 0 })
      scanBatches(bytes, { from: 0, to: bytes.length }, columns)
      const { keys, values, offsets } = columns
      const field = ({ bytes: of, starts, lengths }: typeof keys, row: number) =>
        of.subarray(starts[row]!, starts[row]! + lengths[row]!)
      const lines = Array.from({ length: columns.count }, (_, row) =>
        rowLine(offsets[row]!, field(keys, row), field(values, row)),
      )
      const expected = Array.from({ length: count }, (_, i) =>
        rowLine(7 + i, utf8(`k${i}`), utf8(javaValue(i, valueBytes))),
      )
      assert.deepEqual(lines, expected, `${name}, ${count} rows`)
    }
  }
})
