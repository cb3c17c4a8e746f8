import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { prng } from '../../src/std/prng.ts'
import { monitor } from '../rig/monitor.ts'
import { Pipeline, type Row } from '../rig/pipeline.ts'
import { oracleWindows } from '../rig/window-oracle.ts'

const START = 1_795_383_150_000

/** Rows in order but for some that come up to `latestMs` late. */
function rowsOf(seed: number, count: number, latestMs: number): readonly Row[] {
  const random = prng(seed)
  return Array.from({ length: count }, (_, i) => {
    const late = random.next() < 0.05 ? random.below(latestMs) : 0
    return {
      ts: START + i * 37 - late,
      stream: `s${random.below(5)}`,
      session: `v${random.below(40)}`,
      x: random.below(100_000) / 1000,
    }
  })
}

/** Runs rows through the pipeline, cut into batches, with a heartbeat at every new second. */
function run(rows: readonly Row[], given: { partitions: number; batch: number }): Pipeline {
  const pipeline = new Pipeline([monitor()], given)
  const waiting: Row[][] = Array.from({ length: given.partitions }, () => [])
  const flush = () =>
    waiting.forEach((batch, partition) => {
      if (batch.length > 0) pipeline.push(partition, batch.splice(0))
    })
  let second = -Infinity
  let newest = -Infinity
  rows.forEach((row, i) => {
    newest = Math.max(newest, row.ts)
    waiting[pipeline.partitionOf(row.stream)]!.push(row)
    if (Math.floor(newest / 1000) > second) {
      second = Math.floor(newest / 1000)
      for (const batch of waiting) batch.push({ ts: newest, stream: '-', src: 'beat' })
    }
    if ((i + 1) % given.batch === 0) flush()
  })
  flush()
  pipeline.beat(newest + 100_000, { final: newest })
  return pipeline
}

/** Final windows without what may differ between runs: revisions and receipts. */
const finals = (pipeline: Pipeline) =>
  [...pipeline.windows.values()]
    .filter((window) => window.closed)
    .map(({ id, values, complete, rows }) => ({ id, values, complete, rows }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))

test('[V5] windows equal an independent computation over the raw rows', () => {
  const rows = rowsOf(7, 4000, 9000)

  const windows = finals(run(rows, { partitions: 3, batch: 100 }))

  const expected = oracleWindows(rows, { sizeMs: 10_000, hopMs: 1000 }, (row) => row.stream)
  assert.equal(windows.length, expected.size)
  for (const { id, values, rows: count, complete } of windows) {
    const [, , group, end] = id.split('|')
    const oracle = expected.get(`${(JSON.parse(group!) as string[])[0]!}|${end!}`)
    assert.ok(oracle !== undefined && complete, id)
    const { p95, ...exact } = oracle
    const { count: counted, sum, min, max, sessions } = values
    assert.equal(counted, count)
    assert.deepEqual({ rows: count, sum, min, max, sessions }, exact, id)
    assert.ok(Math.abs(values.p95! - p95) <= p95 * 0.01 + 0.0005, `${id} p95`)
  }
})

test('[V5] [W7] batching and partitioning do not change the final windows', () => {
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.integer(),
        partitions: fc.integer({ min: 1, max: 4 }),
        batch: fc.integer({ min: 1, max: 500 }),
      }),
      ({ seed, partitions, batch }) => {
        const rows = rowsOf(seed, 600, 5000)
        const reference = finals(run(rows, { partitions: 1, batch: 1 }))
        assert.deepEqual(finals(run(rows, { partitions, batch })), reference)
      },
    ),
    { numRuns: 25 },
  )
})

test('[V5] a partition ten minutes behind holds every window up and changes none', () => {
  const rows = rowsOf(3, 2000, 2000)
  const reference = finals(run(rows, { partitions: 2, batch: 50 }))
  const pipeline = new Pipeline([monitor()], { partitions: 2 })
  const of = (partition: number) =>
    rows.filter((row) => pipeline.partitionOf(row.stream) === partition)
  const newest = Math.max(...rows.map((row) => row.ts))

  pipeline.push(0, [...of(0), { ts: newest + 600_000, stream: '-', src: 'beat' }])
  assert.equal(pipeline.windows.size, 0)
  pipeline.push(1, of(1))
  pipeline.beat(newest + 700_000, { final: newest })

  assert.deepEqual(finals(pipeline), reference)
})
