import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prng } from '../../std/prng.ts'
import { readBatchProgress, runOf } from './batch-progress.ts'

const ASKED = { topic: 'readings', observedAs: 'seen' }

/** As Spark 4.2.0 wrote it, shortened. */
const PROGRESS = {
  id: '8c4a',
  runId: 'f31b',
  name: 'nocturne ams1 0011',
  timestamp: '2026-11-29T16:00:00.000Z',
  batchId: 7,
  batchDuration: 812,
  numInputRows: 900,
  durationMs: { addBatch: 600, commitOffsets: 40, walCommit: 30, triggerExecution: 812 },
  eventTime: { watermark: '2026-11-29T15:59:00.000Z' },
  stateOperators: [{ numRowsTotal: 50, memoryUsedBytes: 7000, numRowsDroppedByWatermark: 3 }],
  sources: [
    {
      description: 'KafkaV2[Subscribe[readings]]',
      startOffset: { readings: { '0': 100, '1': 50 } },
      endOffset: { readings: { '0': 500, '1': 550 } },
      numInputRows: 900,
    },
  ],
  observedMetrics: { seen: { 'max(t)': 1, 'max(CASE WHEN a THEN b END)': null, 'count(1)': 'x' } },
}

test('[Z13] a progress event tells its batch, what it took, where it ended and what it saw', () => {
  const found = readBatchProgress(JSON.stringify({ progress: PROGRESS }), ASKED)

  assert.deepEqual(found, {
    ...{ id: '8c4a', runId: 'f31b', name: 'nocturne ams1 0011', batchId: 7 },
    ...{ rows: 900, batchMs: 812, commitMs: 70 },
    ...{ stateRows: 50, stateBytes: 7000, droppedRows: 3 },
    startOffsets: new Map([
      [0, 100],
      [1, 50],
    ]),
    endOffsets: new Map([
      [0, 500],
      [1, 550],
    ]),
    observed: [1, null, 'x'],
    watermarkMs: Date.parse('2026-11-29T15:59:00Z'),
  })
  assert.deepEqual(readBatchProgress(JSON.stringify(PROGRESS), ASKED), found)
})

test('[Z13] who asks is told in other words than who listens, and it means the same', () => {
  const [source] = PROGRESS.sources
  const asked = {
    ...PROGRESS,
    sources: [
      {
        ...source,
        startOffset: JSON.stringify(source!.startOffset),
        endOffset: JSON.stringify(source!.endOffset),
      },
    ],
    observedMetrics: { seen: { values: [1, null, 'x'], schema: { type: 'struct' } } },
  }

  const [one, other] = [PROGRESS, asked].map((each) =>
    readBatchProgress(JSON.stringify(each), ASKED),
  )

  assert.deepEqual(other, one)
})

test('[Z13] a first batch has no start, and what is not said is absent or 0', () => {
  const bare = {
    batchId: 0,
    batchDuration: -1,
    sources: [{ startOffset: null, endOffset: { readings: { '0': 4 } } }],
  }

  assert.deepEqual(readBatchProgress(JSON.stringify(bare), ASKED), {
    ...{ id: '', runId: '', name: '', batchId: 0, rows: 0, batchMs: 0, commitMs: 0 },
    ...{ stateRows: 0, stateBytes: 0, droppedRows: 0 },
    startOffsets: new Map(),
    endOffsets: new Map([[0, 4]]),
  })
})

test('[Z13] hostile progress never throws and is never half a number', () => {
  const random = prng(5)
  const text = JSON.stringify(PROGRESS)
  for (let i = 0; i < 3_000; i++) {
    const at = random.below(text.length)
    const cut = random.below(6)
    const other = '[]{}",:0ne-'[random.below(11)]!
    const mangled = text.slice(0, at) + other + text.slice(at + cut)

    const found = readBatchProgress(mangled, ASKED)

    if (found === undefined) continue
    const counts = [found.rows, found.batchMs, found.stateRows, ...found.endOffsets.values()]
    assert.ok(counts.every((count) => Number.isSafeInteger(count) && count >= 0))
  }
  for (const odd of ['', 'null', '[]', '7', '{"progress":7}', '{"batchId":"7"}', '{"batchId":1']) {
    assert.equal(readBatchProgress(odd, ASKED), undefined)
  }
  const deep = `{"batchId":1,"sources":${'['.repeat(50_000)}`
  assert.equal(readBatchProgress(deep, ASKED), undefined)
})

test('[Z13] an event says which run it is of, wrapped or not', () => {
  assert.equal(runOf('{"progress":{"runId":"a"}}'), 'a')
  assert.equal(runOf('{"runId":"b","exception":null}'), 'b')
  assert.equal(runOf('{"runId":7}'), undefined)
  assert.equal(runOf('nothing'), undefined)
})
