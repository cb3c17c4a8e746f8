import assert from 'node:assert/strict'
import { utf8 } from '../../std/bytes.ts'
import { foreignBatch } from '../codecs/foreign-batch.suite.ts'
import type { LogCase } from './log-case.suite.ts'
import { records, rowsOf, type LogRig, type Row } from './log-rig.suite.ts'

const CODECS = [0, 1, 2, 3, 4]
const ROWS_OF_BATCH = 50

const textsOf = (offset: number) => ({
  key: `key ${offset % 7}`,
  value: `value ${offset} `.repeat(1 + (offset % 20)),
})

/** Rows that another writer makes, from an offset on. */
const rowsFrom = (base: number, count = ROWS_OF_BATCH): Row[] =>
  Array.from({ length: count }, (_, i) => ({ offset: base + i, ...textsOf(base + i) }))

/** Fifty of them as a batch in a codec. */
async function batchOf(base: number, codec: number, isDamaged = false): Promise<Uint8Array> {
  const fields = Array.from({ length: ROWS_OF_BATCH }, (_, i) => {
    const { key, value } = textsOf(base + i)
    return { key: utf8(key), value: utf8(value) }
  })
  const batch = await foreignBatch({ base, codec, records: fields, isDamaged })
  assert.equal(batch[22]! & 7, codec)
  return batch
}

/** The log with foreign batches behind one row of its own at offset 0. */
async function withBatches(rig: LogRig, batches: readonly Uint8Array[]): Promise<void> {
  const log = await rig.withTopic()
  await log.append('rows', records('first'))
  await rig.reopen(async () => {
    assert.ok(rig.under.appendBatch, 'this adapter skips L19 and L20 or takes batches of others')
    for (const batch of batches) await rig.under.appendBatch('rows', 0, batch)
  })
}

/** Batches that others wrote: compressed ones, and such as cannot be read (L19, L20). */
export const foreignCases: readonly LogCase[] = [
  {
    title: '[L19] batches in all codecs in one partition read back as their rows',
    run: async (rig) => {
      const bases = CODECS.map((codec) => 1 + codec * ROWS_OF_BATCH)
      const batches = CODECS.map((codec) => batchOf(bases[codec]!, codec))
      await withBatches(rig, await Promise.all(batches))
      const end = 1 + CODECS.length * ROWS_OF_BATCH
      await (await rig.log()).append('rows', records('last'))

      const first = { offset: 0, key: null, value: 'first' }
      const last = { offset: end, key: null, value: 'last' }
      const all = [first, ...rowsFrom(1, end - 1), last]
      for (const bytesMax of [1, 1_000, 1_048_576]) {
        assert.deepEqual(await rig.rowsFrom(0, bytesMax), all)
      }
      for (const base of bases) {
        assert.deepEqual(await rig.rowsFrom(base + 20), all.slice(base + 20))
      }
    },
  },
  {
    title: '[L20] a batch that does not inflate is told once, and the rows around it arrive',
    run: async (rig) => {
      const bad = [1, 2, 3, 4].map((codec) => 1 + 2 * (codec - 1) * ROWS_OF_BATCH)
      const batches = bad.flatMap((base, i) => {
        return [batchOf(base, i + 1, true), batchOf(base + ROWS_OF_BATCH, 3)]
      })
      await withBatches(rig, await Promise.all(batches))

      const log = await rig.log()
      const claim = await rig.claim()
      const rows: Row[] = []
      const rejected: unknown[] = []
      const position = { offset: 0, note: '' }
      for await (const batch of log.read(claim, { position, bytesMax: 1_048_576 })) {
        rows.push(...rowsOf(batch))
        rejected.push(...batch.rejected.map(({ from, next, reason }) => [from, next, reason]))
        if (batch.next === batch.end) break
      }

      const told = bad.map((from) => [from, from + ROWS_OF_BATCH, 'inflate'])
      assert.deepEqual(rejected, told)
      const good = bad.flatMap((from) => rowsFrom(from + ROWS_OF_BATCH))
      assert.deepEqual(rows, [{ offset: 0, key: null, value: 'first' }, ...good])
    },
  },
]
