import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { replay } from '../../src/app/replay.ts'
import { digestOf } from '../rig/final-windows.ts'
import { configOf, replayed } from '../rig/replay-run.ts'

const config = configOf({
  text: `
version: 1
site: here
monitors:
  - id: m
    group_by: [stream]
    window: { size: 10s, hop: 5s, lateness: 2s }
    aggregates:
      count: { count: rows }
      kb: { sum: kb, resolution: 0.001 }
      rtt_max: { max: rtt_ms }
      sessions: { distinct: session }
    values:
      kb_each: kb / count
    rules:
      - alert: Slow
        when: rtt_max > 100
`,
})

/** 2023-11-14T22:13:20Z: a multiple of 10 s. */
const START = 1_700_000_000_000

/** Two streams; one row in the second window alone, one at a window's very end (W3). */
const ROWS = [
  { ts: START, stream: 'a', session: 'x', kb: 1.5, rtt_ms: 20 },
  { ts: START + 1000, stream: 'b', session: 'y', kb: 2, rtt_ms: 30 },
  { ts: START + 4999, stream: 'a', session: 'y', kb: 0.25, rtt_ms: 120 },
  { ts: START + 5000, stream: 'a', session: 'y', kb: 0.001, rtt_ms: 50 },
  { ts: START + 4000, stream: 'a', session: 'x', kb: 4, rtt_ms: 10 },
]

const text = (rows: readonly object[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('')

test('[W2] [W3] [V5] a recording’s final windows are those that a person works out', async () => {
  await withRecording(text(ROWS), async (path) => {
    const { summary, windows } = await replayed(path, config)

    const seen = windows.map(({ group, end, values }) => [group['stream'], end - START, values])
    assert.deepEqual(seen, [
      ['a', 5000, { count: 3, kb: 5.75, kb_each: 5.75 / 3, rtt_max: 120, sessions: 2 }],
      ['a', 10_000, { count: 4, kb: 5.751, kb_each: 5.751 / 4, rtt_max: 120, sessions: 2 }],
      ['a', 15_000, { count: 1, kb: 0.001, kb_each: 0.001, rtt_max: 50, sessions: 1 }],
      ['b', 5000, { count: 1, kb: 2, kb_each: 2, rtt_max: 30, sessions: 1 }],
      ['b', 10_000, { count: 1, kb: 2, kb_each: 2, rtt_max: 30, sessions: 1 }],
    ])
    assert.ok(windows.every(({ complete, scope }) => complete && scope === 'all'))
    assert.equal(summary.digest, digestOf(windows))
    assert.deepEqual([summary.rows, summary.rejected, summary.windows], [5, 0, 5])
  })
})

test('[V5] [W7] partitions and batches change neither windows nor steps', async () => {
  await withRecording(text(ROWS), async (path) => {
    const reference = await replayed(path, config, { partitions: 1, batchRows: 1 })
    for (const partitions of [1, 2, 5]) {
      for (const batchRows of [1, 2, 10_000]) {
        const { summary, steps } = await replayed(path, config, { partitions, batchRows })

        assert.equal(summary.digest, reference.summary.digest)
        assert.deepEqual(
          steps.map(({ id, at, step }) => [id, at, step]),
          reference.steps.map(({ id, at, step }) => [id, at, step]),
        )
      }
    }
    const told = reference.steps.map(({ alert, step, at }) => [alert, step, at - START])
    assert.deepEqual(told, [
      ['Slow', 'firing', 5000],
      ['Slow', 'resolved', 15_000],
    ])
    assert.ok(reference.steps.every((step) => !('receipt' in step)))
  })
})

test('[W8] a row beyond correction is counted late once and is in no window', async () => {
  const newer = { ts: START + 90_000, stream: 'a', session: 'x', kb: 1, rtt_ms: 1 }
  const rows = [...ROWS, newer, { ...newer, ts: START + 2000, kb: 1000 }]
  await withRecording(text(rows), async (path) => {
    const { summary, windows } = await replayed(path, config)

    assert.deepEqual([summary.rows, summary.late], [7, 1])
    assert.ok(windows.every(({ values }) => values['kb']! < 10))
  })
})

test('[S2] rows with a rate scale counts, sums and distinct counts, nothing else', async () => {
  const rows = ROWS.map((row) => ({ ...row, p: 0.1 }))
  await withRecording(text(rows), async (path) => {
    const { windows } = await replayed(path, config)

    const first = windows.find(
      ({ group, end }) => group['stream'] === 'a' && end === START + 10_000,
    )
    const expected = { count: 40, kb: 57.51, kb_each: 57.51 / 40, rtt_max: 120, sessions: 20 }
    assert.deepEqual(first?.values, expected)
  })
})

test('[S2] rows of one session at different rates are scaled each by its own', async () => {
  const rows = ROWS.map((row, i) => (i % 2 === 0 ? { ...row, p: 0.25 } : row))
  await withRecording(text(rows), async (path) => {
    const { windows } = await replayed(path, config, { partitions: 1 })

    const first = windows.find(
      ({ group, end }) => group['stream'] === 'a' && end === START + 10_000,
    )
    const { count, kb } = first?.values ?? {}
    assert.deepEqual({ count, kb }, { count: 13, kb: 1.5 * 4 + 0.25 * 4 + 0.001 + 16 })
  })
})

test('REPLAY_DIFFERS: a folder goes on with the recording that it began', async () => {
  await withRecording(text(ROWS), async (path, folder) => {
    const dataFolder = join(folder, 'data')
    const request = {
      config,
      dataFolder,
      partitions: 2,
      batchRows: 100,
      progress: { readBytes: 0, rows: 0 },
      rssMb: () => 0,
    }
    const first = await replay({ ...request, path })
    const again = await replay({ ...request, path })
    const other = join(folder, 'other.ndjson')
    await writeFile(other, text(ROWS))

    assert.equal(again.digest, first.digest)
    assert.deepEqual([again.rows, again.rejected], [first.rows, first.rejected])
    await assert.rejects(replay({ ...request, path: other }), { code: 'REPLAY_DIFFERS' })
  })
})

async function withRecording(
  rows: string,
  run: (path: string, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-replay-'))
  try {
    const path = join(folder, 'rows.ndjson')
    await writeFile(path, rows)
    await run(path, folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
