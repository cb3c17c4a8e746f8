import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PartitionBatches } from './partition-batches.ts'

test('a batch has statements of one partition, at most 50 and 48 KiB of them', () => {
  const batches = new PartitionBatches()
  for (let i = 0; i < 120; i++) {
    batches.add(`p${i % 2}`, { query: `p${i % 2}`, params: [i] }, 10)
  }
  for (let i = 0; i < 3; i++) batches.add('large', { query: 'large', params: [i] }, 20_000)

  const sent = [...batches.batches()]

  const sizes = sent.map((batch) => `${batch[0]!.query} ${batch.length}`).sort()
  assert.deepEqual(sizes, ['large 1', 'large 2', 'p0 10', 'p0 50', 'p1 10', 'p1 50'])
  for (const batch of sent) assert.equal(new Set(batch.map(({ query }) => query)).size, 1)
})
