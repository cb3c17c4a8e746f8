// Two million rows through the whole path, from a file to judged windows and their digest, beside a
// script that parses the same rows into maps and keeps nothing on disk.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { printFigure } from './figure.ts'
import { replayOurs, replayProcess, type ReplayOutcome } from './replay-process.ts'
import { inTemporaryFolder } from './temporary-folder.ts'
import { writeWorkload } from './workload.ts'

const BENCH = 'how-fast-is-a-whole-replay'
const SECONDS = 200
const ROWS_PER_SECOND = 10_000
const RUNS = 3

await inTemporaryFolder(async (folder) => {
  const path = join(folder, 'rows.ndjson')
  await writeWorkload(path, { seconds: SECONDS, rowsPerSecond: ROWS_PER_SECOND, seed: 1 })
  const ours: ReplayOutcome[] = []
  const naive: ReplayOutcome[] = []
  const runs = [
    async () => void ours.push(await replayOurs(path, 'examples/ott.yaml')),
    async () => void naive.push(await replayProcess(['bench/naive-replay.ts', path])),
  ]
  for (let i = 0; i < RUNS; i++) {
    // The order alternates, so that neither always finds the file in the cache.
    for (const run of i % 2 === 0 ? runs : runs.toReversed()) await run()
  }
  for (const { rows, digest } of ours) {
    assert.equal(rows, SECONDS * ROWS_PER_SECOND)
    assert.equal(digest, naive[0]?.digest, 'the windows are those of the rival')
  }

  const rate = ({ rows, seconds }: ReplayOutcome) => rows / seconds
  const figures = [
    { figure: 'rows', unit: '1/s', samples: ours.map(rate), atLeast: 100_000 },
    { figure: 'rss', unit: 'MB', samples: ours.map(({ rss_mb }) => rss_mb), atMost: 300 },
    { figure: 'naive rows', unit: '1/s', samples: naive.map(rate) },
    { figure: 'naive rss', unit: 'MB', samples: naive.map(({ rss_mb }) => rss_mb) },
    {
      figure: 'speed ÷ naive',
      unit: 'ratio',
      samples: ours.map((each, i) => rate(each) / rate(naive[i]!)),
    },
  ]
  for (const figure of figures) printFigure(BENCH, figure)
})
