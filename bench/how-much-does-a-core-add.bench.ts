// A million rows that lie in a log on disk, to judged windows in it: by the thread that writes
// alone, by one worker and by two. Where cores are shared or few, the clock on the wall shows what
// the machine had to give; how far the work of the busiest thread falls shows what a core adds.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { text } from 'node:stream/consumers'
import { createTopics } from '../src/app/create-topics.ts'
import { ReadingIntake } from '../src/collect/reading-intake.ts'
import { replayRecording } from '../src/collect/replay-recording.ts'
import { openEmbeddedLog } from '../src/log/embedded/embedded-log.ts'
import { systemClock } from '../src/std/clock.ts'
import { printFigure } from './figure.ts'
import { replayProcess } from './replay-process.ts'
import { inTemporaryFolder } from './temporary-folder.ts'
import { writeWorkload } from './workload.ts'

const BENCH = 'how-much-does-a-core-add'
const SECONDS = 100
const ROWS_PER_SECOND = 10_000
const ROWS = SECONDS * ROWS_PER_SECOND
const PARTITIONS = 4
const RUNS = 3
const WORKERS = [0, 1, 2] as const

/** As bench/log-to-windows.ts prints it. */
type Outcome = {
  readonly rows: number
  readonly digest: string
  readonly seconds: number
  readonly busiest_seconds: number
  readonly rss_mb: number
}

await inTemporaryFolder(async (folder) => {
  const path = join(folder, 'rows.ndjson')
  await writeWorkload(path, { seconds: SECONDS, rowsPerSecond: ROWS_PER_SECOND, seed: 1 })
  await fillReadings(join(folder, 'log'), path)
  const { digest } = await replayProcess(['bench/naive-replay.ts', path])
  const outcomes = WORKERS.map((): Outcome[] => [])
  for (let run = 0; run < RUNS; run++) {
    // The order alternates, so that none always runs on the machine that the last one has warmed.
    for (const workers of run % 2 === 0 ? WORKERS : WORKERS.toReversed()) {
      const outcome = await judged(folder, workers)
      assert.deepEqual([outcome.rows, outcome.digest], [ROWS, digest])
      outcomes[workers]!.push(outcome)
    }
  }
  report(outcomes)
})

function report(outcomes: readonly (readonly Outcome[])[]): void {
  const [none, one, two] = outcomes as [Outcome[], Outcome[], Outcome[]]
  for (const [workers, runs] of outcomes.entries()) {
    const name = `${workers} workers`
    const rate = (of: (run: Outcome) => number) => runs.map((run) => ROWS / of(run))
    const wall = rate(({ seconds }) => seconds)
    const busiest = rate(({ busiest_seconds }) => busiest_seconds)
    printFigure(BENCH, { figure: `rows per second, ${name}`, unit: '1/s', samples: wall })
    const figure = `rows per CPU second of the busiest thread, ${name}`
    printFigure(BENCH, { figure, unit: '1/s', samples: busiest })
    const rss = runs.map(({ rss_mb }) => rss_mb)
    printFigure(BENCH, { figure: `rss, ${name}`, unit: 'MB', samples: rss })
  }
  const gain = (to: Outcome[], from: Outcome[]) =>
    to.map((run, i) => from[i]!.busiest_seconds / run.busiest_seconds)
  const figures = [
    { figure: 'capacity of 2 workers ÷ 1', samples: gain(two, one), atLeast: 1.4 },
    { figure: 'capacity of 1 worker ÷ 0', samples: gain(one, none) },
  ]
  for (const figure of figures) printFigure(BENCH, { ...figure, unit: 'ratio' })
}

async function fillReadings(folder: string, path: string): Promise<void> {
  const log = await openEmbeddedLog({ folder, clock: systemClock })
  const retention = () => ({ ms: -1, bytes: -1 })
  await createTopics(log, { partitions: PARTITIONS, durability: 'ack', retention })
  const named = { source: 'bench', collector: 'bench' }
  const intake = new ReadingIntake({ clock: systemClock, partitions: PARTITIONS, ...named })
  await replayRecording({
    log,
    clock: systemClock,
    path,
    intake,
    collector: 'bench',
    site: 's1',
    partitions: PARTITIONS,
    batchRows: 10_000,
    skewMs: 5000,
    closeMs: 15_000,
    progress: { readBytes: 0, rows: 0 },
  })
  await log.close()
}

/** Judges a copy of the log in a process of its own, with the flags of a server. */
async function judged(folder: string, workers: number): Promise<Outcome> {
  const copy = join(folder, 'copy')
  await cp(join(folder, 'log'), copy, { recursive: true })
  const args = ['--max-semi-space-size=2', 'bench/log-to-windows.ts', copy, String(workers)]
  const child = spawn(execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '16', MALLOC_ARENA_MAX: '2' },
  })
  const exited = once(child, 'exit')
  const out = await text(child.stdout)
  await exited
  await rm(copy, { recursive: true })
  assert.equal(child.exitCode, 0, out)
  return JSON.parse(out) as Outcome
}
