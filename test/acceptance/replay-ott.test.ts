import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createWriteStream, existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { pipeline } from 'node:stream/promises'
import test from 'node:test'
import { writeWorkload } from '../../bench/workload.ts'
import { digestOf, type FinalWindow } from '../rig/final-windows.ts'
import { sortedValues, sumOf } from '../rig/oracle-values.ts'
import { readRecording, windowsOf } from '../rig/recording-oracle.ts'
import { configOf, replayed } from '../rig/replay-run.ts'

const SHARED = '../derived/rivals/workload.mjs'
const skip = existsSync(SHARED) ? false : `the workload ${SHARED} is not here`
const SPAN = { sizeMs: 10_000, hopMs: 1000 }

test('[V5] [W8] the shared workload’s windows are those of all its rows', { skip }, async () => {
  await inFolder(async (path) => {
    const child = spawn(execPath, [SHARED, '20', '5000', '1'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await pipeline(child.stdout, createWriteStream(path))
    await checkBothLatenesses(path, 100_000)
  })
})

test('[V5] [W8] a made workload’s windows are those of all its rows', async () => {
  await inFolder(async (path) => {
    await writeWorkload(path, { seconds: 25, rowsPerSecond: 800, seed: 5, streamCount: 60 })
    await checkBothLatenesses(path, 20_000)
  })
})

/** Rows up to 4 s late are in time for a lateness of 5 s, and corrections for one of 2 s. */
async function checkBothLatenesses(path: string, count: number): Promise<void> {
  const rows = await readRecording(path)
  assert.equal(rows.length, count)
  const patient = await replayed(path, await ottConfig('5s'))
  const hasty = await replayed(path, await ottConfig('2s'))

  checkWindows(rows, patient.windows)
  assert.equal(patient.summary.rows, count)
  assert.equal(patient.summary.digest, digestOf(patient.windows))
  assert.equal(hasty.summary.digest, patient.summary.digest)
  assert.deepEqual([patient.summary.late, hasty.summary.late], [0, 0])
}

function checkWindows(
  rows: Awaited<ReturnType<typeof readRecording>>,
  windows: readonly FinalWindow[],
): void {
  const found = new Map(
    windows.map((window) => [`${window.group['stream']}|${window.end}`, window]),
  )
  for (const expected of windowsOf(rows, SPAN, (row) => String(row['stream']))) {
    const id = `${expected.group}|${expected.end}`
    const { start, complete, values } = found.get(id) ?? assert.fail(`${id} is missing`)
    found.delete(id)
    assert.deepEqual({ start, complete }, { start: expected.start, complete: true }, id)
    const wanted = {
      count: expected.rows.length,
      retrans: sumOf(expected.rows, 'retrans'),
      rtt_max: sortedValues(expected.rows, 'rtt_ms').at(-1),
    }
    assert.deepEqual(values, wanted, id)
  }
  assert.equal(found.size, 0, 'no window is invented')
}

async function ottConfig(lateness: string) {
  const text = await readFile('examples/ott.yaml', 'utf8')
  const written = text.replace('lateness: 5s', `lateness: ${lateness}`)
  assert.ok(written.includes(`lateness: ${lateness}`))
  return configOf({ text: written })
}

async function inFolder(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-ott-'))
  try {
    await run(join(folder, 'rows.ndjson'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
