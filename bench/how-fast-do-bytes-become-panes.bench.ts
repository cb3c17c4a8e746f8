// Two million rows that lie in an embedded log on disk, through the aggregate reader into panes on
// disk; beside it the same bytes parsed into maps, an object a row.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { newAggregateProgress } from '../src/aggregate/aggregate-progress.ts'
import { aggregateReadings } from '../src/aggregate/aggregate-readings.ts'
import { createTopics } from '../src/app/create-topics.ts'
import { ReadingIntake } from '../src/collect/reading-intake.ts'
import { replayRecording } from '../src/collect/replay-recording.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { openCodecs } from '../src/log/codecs/open-codecs.ts'
import { openEmbeddedLog } from '../src/log/embedded/embedded-log.ts'
import { readToEnd, type Log } from '../src/log/log.ts'
import { aggregateState } from '../src/sketch/aggregate-state.ts'
import { utf8Text } from '../src/std/bytes.ts'
import { systemClock } from '../src/std/clock.ts'
import { decodePane } from '../src/wire/pane-codec.ts'
import { printFigure } from './figure.ts'
import { NaivePanes, type OttRow } from './naive-panes.ts'
import { inTemporaryFolder } from './temporary-folder.ts'
import { writeWorkload } from './workload.ts'

const BENCH = 'how-fast-do-bytes-become-panes'
const SECONDS = 200
const ROWS_PER_SECOND = 10_000
const ROWS = SECONDS * ROWS_PER_SECOND
const PARTITIONS = 4
const RUNS = 3
const LOOK_EVERY_MS = 2

const loaded = loadConfig({ file: 'examples/ott.yaml', env: {} })
assert.ok(loaded.ok)
const { site, skewMs, monitors } = loaded.config
const aggregates = monitors[0]!.aggregates

await inTemporaryFolder(async (folder) => {
  const path = join(folder, 'rows.ndjson')
  await writeWorkload(path, { seconds: SECONDS, rowsPerSecond: ROWS_PER_SECOND, seed: 1 })
  const codecs = await openCodecs()
  const log = await openEmbeddedLog({ folder, clock: systemClock, codecs })
  await fillReadings(log, path)
  const samples = { wall: [] as number[], cpu: [] as number[], naive: [] as number[] }
  for (let i = 0; i < RUNS; i++) {
    const before = await log.ends('panes')
    const ours = await timed(() => foldAll(log, `aggregate-${i}`))
    const { panes, ...naive } = await timed(() => foldNaively(log))
    await checkPanes(log, before, panes)
    samples.wall.push(ROWS / ours.seconds)
    samples.cpu.push(ROWS / ours.cpuSeconds)
    samples.naive.push(ROWS / naive.cpuSeconds)
  }
  await log.close()

  const ratio = samples.cpu.map((each, i) => each / samples.naive[i]!)
  const figures = [
    { figure: 'rows per CPU second', unit: '1/s', samples: samples.cpu, atLeast: 300_000 },
    { figure: 'rows per second', unit: '1/s', samples: samples.wall, atLeast: 300_000 },
    { figure: 'naive rows per CPU second', unit: '1/s', samples: samples.naive },
    { figure: 'speed ÷ naive', unit: 'ratio', samples: ratio },
  ]
  for (const figure of figures) printFigure(BENCH, figure)
})

async function fillReadings(log: Log, path: string): Promise<void> {
  const retention = () => ({ ms: -1, bytes: -1 })
  await createTopics(log, { partitions: PARTITIONS, durability: 'ack', retention })
  const intake = new ReadingIntake({
    clock: systemClock,
    partitions: PARTITIONS,
    source: 'bench',
    collector: 'bench',
  })
  await replayRecording({
    log,
    clock: systemClock,
    path,
    intake,
    collector: 'bench',
    site,
    partitions: PARTITIONS,
    batchRows: 10_000,
    skewMs,
    closeMs: 15_000,
    progress: { readBytes: 0, rows: 0 },
  })
}

/** The aggregate reader of the product over all partitions, from the first byte to the last. */
async function foldAll(log: Log, group: string): Promise<void> {
  const stop = new AbortController()
  const progress = newAggregateProgress()
  const panesPartitions = PARTITIONS
  const spec = { site, monitors, partitions: PARTITIONS, panesPartitions, skewMs, early: false }
  const claims = log.claims(
    { topics: ['readings'], start: 'earliest', group, sessionMs: 10_000, rebalanceMs: 60_000 },
    stop.signal,
  )
  const readers: Promise<void>[] = []
  const claiming = (async () => {
    for await (const claim of claims) {
      const reader = aggregateReadings({ log, clock: systemClock, spec, progress }, claim)
      readers.push(reader.finally(() => claim.release()))
    }
  })()
  for (const [partition, { end }] of (await log.ends('readings')).entries()) {
    while ((progress.next.get(partition) ?? 0) < end) await systemClock.sleep(LOOK_EVERY_MS)
  }
  stop.abort()
  await claiming
  for (const reader of readers) await reader
  assert.equal(progress.rows, ROWS)
}

async function foldNaively(log: Log): Promise<{ panes: NaivePanes }> {
  const panes = new NaivePanes()
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for await (const { values, count } of readToEnd(log, { topic: 'readings', partition })) {
      for (let row = 0; row < count; row++) {
        const from = values.starts[row]!
        const bytes = values.bytes.subarray(from, from + values.lengths[row]!)
        const reading = JSON.parse(utf8Text(bytes)) as OttRow & { readonly src?: string }
        if (reading.src !== 'beat') panes.add(reading)
      }
    }
  }
  return { panes }
}

async function timed<T extends object | void>(
  run: () => Promise<T>,
): Promise<T & { readonly seconds: number; readonly cpuSeconds: number }> {
  const startedAt = performance.now()
  const cpu = process.cpuUsage()
  const result = await run()
  const { user, system } = process.cpuUsage(cpu)
  const seconds = (performance.now() - startedAt) / 1000
  return { ...result, seconds, cpuSeconds: (user + system) / 1e6 }
}

/** Every pane that this run appended is what the rival has, and none is missing. */
async function checkPanes(
  log: Log,
  before: readonly { readonly end: number }[],
  { byStream }: NaivePanes,
): Promise<void> {
  let seen = 0
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const at = { topic: 'panes', partition, from: before[partition]!.end }
    for await (const { keys, values, count } of readToEnd(log, at)) {
      for (let row = 0; row < count; row++) {
        const [k, v] = [keys.starts[row]!, values.starts[row]!]
        const key = keys.bytes.subarray(k, k + keys.lengths[row]!)
        const pane = decodePane({ key, value: values.bytes.subarray(v, v + values.lengths[row]!) })
        if (pane === undefined) continue
        const results = aggregates.map((spec, i) => {
          const state = aggregateState.decode(spec, pane.states[i]!)
          return state && aggregateState.result(spec, state)
        })
        const expected = byStream.get(pane.group[0] ?? '')?.get(pane.start)
        assert.deepEqual(results, [expected?.count, expected?.retrans, expected?.rttMax])
        seen++
      }
    }
  }
  const all = [...byStream.values()].reduce((sum, panes) => sum + panes.size, 0)
  assert.equal(seen, all, 'each pane leaves once, when it closes')
}
