// What lies in `readings` at a broker, folded and, where asked, judged to its last window:
//   node bench/stack/read-from-kafka.ts '{"kafka":{…},"isJudged":true,"workers":1}'
// Prints one JSON line. With 0 workers the readers run in the main thread.
import type { Worker } from 'node:worker_threads'
import { groupOf } from '../../src/app/claim-reader.ts'
import { hotReaders } from '../../src/app/hot-readers.ts'
import { newProgress } from '../../src/app/readers.ts'
import { superviseClaims, type Supervision } from '../../src/app/supervise.ts'
import { startWorker } from '../../src/app/workers/start-worker.ts'
import { runWorkers } from '../../src/app/workers/worker-pool.ts'
import type { WorkerPlan } from '../../src/app/workers/worker-words.ts'
import { boundHeapGrowth } from '../../src/cli/heap-growth.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { KafkaOptions } from '../../src/log/kafka/kafka-options.ts'
import { systemClock } from '../../src/std/clock.ts'
import { Replaceable } from '../../src/std/replaceable.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { openLogAt } from './one-broker.ts'
import { tellOutcome } from './process-outcome.ts'

type Given = { readonly kafka: KafkaOptions; readonly isJudged: boolean; readonly workers: number }

const LOOK_EVERY_MS = 5
const { kafka, isJudged, workers } = JSON.parse(process.argv[2] ?? '') as Given

boundHeapGrowth()
const loaded = loadConfig({ file: 'examples/ott.yaml', env: {} })
if (!loaded.ok) throw new Error('examples/ott.yaml cannot be read')
const { site, skewMs, absentMs, monitors } = loaded.config
const clock = systemClock
const log = await openLogAt(kafka)
const partitions = (await log.ends('readings')).length
const specs = new Replaceable({
  aggregate: { site, monitors, partitions, panesPartitions: partitions, skewMs, early: false },
  ...(isJudged && { evaluate: { monitors, panesPartitions: partitions, absentMs, live: false } }),
})
const progress = newProgress()
const stop = new AbortController()
const started: Worker[] = []
const failed = (reader: string, reason = ''): never => {
  throw new Error(`${reader} ${reason}`)
}
const supervision: Supervision = {
  clock,
  logger: createLogger(),
  failed,
  troubled: () => undefined,
  missed: () => undefined,
  bug: (error) => failed(String(error)),
}

async function inThisThread(): Promise<void> {
  const readers = hotReaders({ clock, specs, progress }).map((reader) => {
    const part = { name: reader.group, log, group: groupOf(reader), signal: stop.signal }
    return superviseClaims(supervision, part, reader.read)
  })
  await Promise.all(readers)
}

function inWorkers(): Promise<void> {
  const start = (plan: WorkerPlan): Worker => {
    const worker = startWorker(plan)
    started.push(worker)
    return worker
  }
  const place = () => ({ kind: 'kafka', spec: kafka }) as const
  const deps = { start, count: workers, specs, place, supervision, progress, ended: failed }
  return runWorkers(deps, stop.signal)
}

async function reached(topic: string, next: ReadonlyMap<number, number>): Promise<void> {
  for (const [partition, { end }] of (await log.ends(topic)).entries()) {
    while ((next.get(partition) ?? 0) < end) await clock.sleep(LOOK_EVERY_MS)
  }
}

const [startedAt, cpuBefore] = [performance.now(), process.cpuUsage()]
const running = workers === 0 ? inThisThread() : inWorkers()
await reached('readings', progress.aggregate.next)
if (isJudged) await reached('panes', progress.evaluate.next)
const { user, system } = process.cpuUsage(cpuBefore)
tellOutcome({ rows: progress.aggregate.rows, startedAt }, { work_seconds: (user + system) / 1e6 })
stop.abort()
await running
await log.close()
