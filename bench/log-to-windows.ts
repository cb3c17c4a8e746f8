// What lies in a log, judged to its last window: node bench/log-to-windows.ts FOLDER WORKERS
// Prints one JSON line; with 0 workers the readers run in the thread that writes the log.
import { cpuUsage, threadCpuUsage } from 'node:process'
import type { Worker } from 'node:worker_threads'
import { groupOf } from '../src/app/claim-reader.ts'
import { hotReaders } from '../src/app/hot-readers.ts'
import { newProgress } from '../src/app/readers.ts'
import { FinalWindows } from '../src/app/replay-results.ts'
import { superviseClaims, type Supervision } from '../src/app/supervise.ts'
import { startWorker } from '../src/app/workers/start-worker.ts'
import { runWorkers } from '../src/app/workers/worker-pool.ts'
import type { WorkerPlan } from '../src/app/workers/worker-words.ts'
import { boundHeapGrowth } from '../src/cli/heap-growth.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { openEmbeddedLog } from '../src/log/embedded/embedded-log.ts'
import { systemClock } from '../src/std/clock.ts'
import { Replaceable } from '../src/std/replaceable.ts'
import { createLogger } from '../src/telemetry/logger.ts'

const LOOK_EVERY_MS = 2
const [folder = '', workers = '0'] = process.argv.slice(2)

boundHeapGrowth()
const loaded = loadConfig({ file: 'examples/ott.yaml', env: {} })
if (!loaded.ok) throw new Error('examples/ott.yaml cannot be read')
const { site, skewMs, absentMs, monitors } = loaded.config
const clock = systemClock
const log = await openEmbeddedLog({ folder, clock })
const partitions = (await log.ends('readings')).length
const specs = new Replaceable({
  aggregate: { site, monitors, partitions, panesPartitions: partitions, skewMs, early: false },
  evaluate: { monitors, panesPartitions: partitions, absentMs, live: false },
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
  const place = () => ({ kind: 'desk', ticket: log.share() }) as const
  const count = Number(workers)
  const deps = { start, count, specs, place, supervision, progress, ended: failed }
  return runWorkers(deps, stop.signal)
}

async function reached(topic: string, next: ReadonlyMap<number, number>): Promise<void> {
  for (const [partition, { end }] of (await log.ends(topic)).entries()) {
    while ((next.get(partition) ?? 0) < end) await clock.sleep(LOOK_EVERY_MS)
  }
}

const secondsOf = ({ user, system }: { readonly user: number; readonly system: number }): number =>
  (user + system) / 1e6

const startedAt = performance.now()
const [before, beforeHere] = [cpuUsage(), threadCpuUsage()]
const running = workers === '0' ? inThisThread() : inWorkers()
await reached('readings', progress.aggregate.next)
await reached('panes', progress.evaluate.next)
const seconds = (performance.now() - startedAt) / 1000
const threads = [secondsOf(threadCpuUsage(beforeHere))]
for (const worker of started) threads.push(secondsOf(await worker.cpuUsage()))
const cpu_seconds = secondsOf(cpuUsage(before))
const rss_mb = Math.round(process.resourceUsage().maxRSS / 1024)
stop.abort()
await running
const { rows } = progress.aggregate
const digest = (await FinalWindows.of(log)).digest()
await log.close()
const busiest_seconds = Math.max(...threads)
const outcome = { rows, digest, seconds, cpu_seconds, busiest_seconds, threads, rss_mb }
process.stdout.write(`${JSON.stringify(outcome)}\n`)
