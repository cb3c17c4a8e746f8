import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { writeWorkload } from '../../bench/workload.ts'
import { prng } from '../../src/std/prng.ts'
import {
  folderBytes,
  replayToEnd,
  replayUntilKilled,
  stepIds,
  type ReplayCommand,
} from '../rig/replay-process.ts'

const RECORDING = '../derived/data/puffer-live-2020-08-24-bba.ndjson.gz'
const skip = existsSync(RECORDING) ? false : `the recording ${RECORDING} is not here`
const KILLS = 10
const SEED = 20_200_824

test('[V5] [A1] [D7] a real day killed ten times ends as if it never was', { skip }, async () => {
  await inFolder((folder) =>
    compareKilled(folder, { path: RECORDING, config: 'examples/puffer.yaml' }),
  )
})

test('[V5] [A1] [D7] a made recording killed ten times ends as if it never was', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'rows.ndjson')
    await writeWorkload(path, { seconds: 60, rowsPerSecond: 500, seed: 3, streamCount: 40 })
    await compareKilled(folder, { path, config: 'examples/ott.yaml' })
  })
})

/** Runs a recording unbroken and broken ten times, and compares all that is told of both. */
async function compareKilled(
  folder: string,
  files: { readonly path: string; readonly config: string },
): Promise<void> {
  const unbroken = await commandIn(join(folder, 'unbroken'), files)
  const reference = await replayToEnd(unbroken)
  const bytes = await folderBytes(unbroken.dataFolder)

  const broken = await commandIn(join(folder, 'broken'), files)
  const random = prng(SEED)
  const moments = Array.from({ length: KILLS }, () => random.next() * bytes * 0.9)
  for (const moment of moments.sort((a, b) => a - b)) {
    assert.ok(await replayUntilKilled(broken, moment), `it runs until ${moment} bytes (${SEED})`)
  }
  const summary = await replayToEnd(broken)

  const told = ({ rows, rejected, late, windows, transitions, digest }: typeof summary) => ({
    rows,
    rejected,
    late,
    windows,
    transitions,
    digest,
  })
  assert.deepEqual(told(summary), told(reference))
  const [ids, expected] = [
    await stepIds(broken.transitionsPath),
    await stepIds(unbroken.transitionsPath),
  ]
  assert.ok(expected.length > 0, 'the recording raises alerts')
  assert.deepEqual(ids, expected)
}

async function commandIn(
  folder: string,
  files: { readonly path: string; readonly config: string },
): Promise<ReplayCommand> {
  const dataFolder = join(folder, 'data')
  await mkdir(dataFolder, { recursive: true })
  return { ...files, dataFolder, transitionsPath: join(folder, 'T.ndjson') }
}

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-kill-'))
  try {
    await run(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
