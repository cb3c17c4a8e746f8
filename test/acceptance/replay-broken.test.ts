import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { replay } from '../../src/app/replay.ts'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import { readToEnd } from '../../src/log/log.ts'
import { utf8Text } from '../../src/std/bytes.ts'
import { systemClock } from '../../src/std/clock.ts'
import { badFields, brokenLines, shuffledFile } from '../rig/broken-lines.ts'
import { readFinalWindows } from '../rig/final-windows.ts'
import { windowsOf } from '../rig/recording-oracle.ts'
import { configOf } from '../rig/replay-run.ts'

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
      kb: { sum: kb }
`,
})

/** 2023-11-14T22:13:20Z; all good rows lie within 20 s of it, so that any order is in time. */
const START = 1_700_000_000_000
/** Long after any run of this test, and before 2100: a clock that is wrong. */
const FUTURE = 4_000_000_000_000

const GOOD = Array.from({ length: 400 }, (_, i) => ({
  ts: START + i * 50,
  stream: `s${i % 3}`,
  kb: i,
}))
const BAD_FIELD_ROWS = badFields.map((field, i) => ({
  row: { ts: START + 900 * i, stream: 's0' },
  line: `{"ts":${START + 900 * i},"stream":"s0",${field}}`,
}))
const AHEAD = { ts: FUTURE, stream: 's1', kb: 5 }
const BROKEN = brokenLines(START)

test('[W9] every good row of a broken file counts, and every other has its reason', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-broken-'))
  try {
    const path = join(folder, 'rows.ndjson')
    const good = [...GOOD, AHEAD].map((row) => JSON.stringify(row))
    const texts = [...good, ...BAD_FIELD_ROWS.map(({ line }) => line)]
    const lines = [...texts.map((line) => Buffer.from(line)), ...BROKEN.map(({ bytes }) => bytes)]
    await writeFile(path, shuffledFile(lines, 11))
    const windowsPath = join(folder, 'W.ndjson')

    const summary = await replay({
      path,
      config,
      dataFolder: folder,
      partitions: 3,
      batchRows: 50,
      windowsPath,
      progress: { readBytes: 0, rows: 0 },
      rssMb: () => 0,
    })

    const { rows, rejected, late } = summary
    assert.deepEqual([rows, rejected, late], [texts.length, BROKEN.length, 0])
    await checkWindows(windowsPath)
    await checkLog(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

/** A row with a bad field is a row without that field; one from the future is in its window. */
async function checkWindows(path: string): Promise<void> {
  const found = await readFinalWindows(path)
  const rows = [...GOOD, AHEAD, ...BAD_FIELD_ROWS.map(({ row }) => ({ ...row, kb: 0 }))]
  const span = { sizeMs: 10_000, hopMs: 5000 }
  const expected = Array.from(
    windowsOf(rows, span, (row) => String(row['stream'])),
    ({ group, end, rows: inside }) => ({
      stream: group,
      end,
      complete: true,
      count: inside.length,
      kb: inside.reduce((sum, row) => sum + Number(row['kb']), 0),
    }),
  )
  const seen = found.map(({ group, end, complete, values }) => ({
    stream: group['stream'],
    end,
    complete,
    ...values,
  }))
  assert.deepEqual(
    seen,
    expected.sort((a, b) => (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.end - b.end)),
  )
}

/** Reasons stand in `rejected`; the row from the future was counted as skewed by one source. */
async function checkLog(folder: string): Promise<void> {
  const log = await openEmbeddedLog({ folder, clock: systemClock })
  try {
    const reasons: Record<string, number> = {}
    for (const { reason } of await valuesOf<{ reason: string }>('rejected', 0)) {
      reasons[reason] = (reasons[reason] ?? 0) + 1
    }
    const expected: Record<string, number> = {}
    for (const { reason } of BROKEN) expected[reason] = (expected[reason] ?? 0) + 1
    assert.deepEqual(reasons, expected)
    const skewed = new Map<number, number>()
    const watermarks = await valuesOf<{ partition: number; skewed: number; final?: number }>(
      'panes',
      0,
    )
    for (const { partition, skewed: count } of watermarks) skewed.set(partition, count)
    assert.deepEqual([...skewed.values()].sort(), [0, 0, 1])
  } finally {
    await log.close()
  }

  /** The JSON records of a partition. */
  async function valuesOf<T>(topic: string, partition: number): Promise<readonly T[]> {
    const found: T[] = []
    for await (const batch of readToEnd(log, { topic, partition })) {
      const { bytes, starts, lengths } = batch.values
      for (let row = 0; row < batch.count; row++) {
        const value = bytes.subarray(starts[row]!, starts[row]! + lengths[row]!)
        if (value[0] === 0x7b) found.push(JSON.parse(utf8Text(value)) as T)
      }
    }
    return found
  }
}
