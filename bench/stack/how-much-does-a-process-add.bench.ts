// Rows that lie in a topic of one real broker, to judged windows in it: by one process of ours, and
// by two that share the groups. Where the broker shares the cores, the clock on the wall shows what
// is left of them; how far the work of the busiest process falls shows what a process adds.
// ROWS=… and RUNS=… make it less, WORKERS=1 gives each process a worker.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FinalWindows } from '../../src/app/replay-results.ts'
import { readToEnd, type Log } from '../../src/log/log.ts'
import { systemClock } from '../../src/std/clock.ts'
import type { KafkaCluster } from '../../scripts/stack/kafka-cluster.ts'
import { printFigure } from '../figure.ts'
import { inTemporaryFolder } from '../temporary-folder.ts'
import { expectedOf, fillReadings, forgetResults } from './house-topics.ts'
import { kafkaOptions, say, withBroker, withLog } from './one-broker.ts'
import { ReaderProcess } from './reader-process.ts'

const BENCH = 'stack/how-much-does-a-process-add'
const ROWS_PER_SECOND = 10_000
const ROWS = Number(process.env['ROWS'] ?? 2_000_000)
const RUNS = Number(process.env['RUNS'] ?? 3)
const WORKERS = Number(process.env['WORKERS'] ?? 0)
const SPEC = { seconds: ROWS / ROWS_PER_SECOND, rowsPerSecond: ROWS_PER_SECOND, seed: 1 }
const COUNTS = [1, 2] as const
const LOOK_EVERY_MS = 250
/** Windows that have stood still for so long are all that come. */
const QUIET_MS = 4000
const RUN_MS_MAX = 400_000

type Taken = {
  readonly seconds: number
  /** Of each process, its start included, when the last window had come. */
  readonly cpuSeconds: readonly number[]
  readonly rssMb: readonly number[]
  readonly broker_seconds: number
}

await inTemporaryFolder(async (folder) => {
  const { digest, windows } = expectedOf(SPEC)
  await withBroker(async (cluster) => {
    const kafka = kafkaOptions(cluster, 'lz4')
    say(`appending ${ROWS} rows`)
    await withLog(kafka, (log) => fillReadings(log, folder, SPEC))
    const taken = new Map(COUNTS.map((count) => [count, [] as Taken[]]))
    for (let run = 0; run < RUNS; run++) {
      for (const count of run % 2 === 0 ? COUNTS : COUNTS.toReversed()) {
        await forgetResults(cluster)
        const place = { folder: join(folder, `${run}-${count}`), count }
        const outcome = await withLog(kafka, async (log) => {
          const seen = await caughtUp(cluster, log, { ...place, windows })
          assert.equal((await FinalWindows.of(log)).digest(), digest)
          return seen
        })
        say(`run ${run + 1} of ${RUNS}, ${count}: ${JSON.stringify(outcome)}`)
        taken.get(count)!.push(outcome)
      }
    }
    report(taken)
  })
})

type Plan = { readonly folder: string; readonly count: number; readonly windows: number }

/** Starts so many processes and watches until no more windows come. */
async function caughtUp(cluster: KafkaCluster, log: Log, plan: Plan): Promise<Taken> {
  const brokerBefore = cluster.cpuSeconds()
  const startedAt = systemClock.now()
  const processes: ReaderProcess[] = []
  try {
    for (let i = 0; i < plan.count; i++) {
      const folder = join(plan.folder, String(i))
      processes.push(await ReaderProcess.start(folder, configOf(cluster), 'aggregate,evaluate'))
    }
    let [count, changedAt] = [0, startedAt]
    let costs = processes.map((one) => one.cost())
    let broker_seconds = 0
    while (count < plan.windows || systemClock.now() - changedAt < QUIET_MS) {
      assert.ok(systemClock.now() - startedAt < RUN_MS_MAX, `${count} of ${plan.windows} windows`)
      await systemClock.sleep(LOOK_EVERY_MS)
      const now = (await log.ends('windows')).reduce((sum, { end }) => sum + end, 0)
      if (now === count) continue
      ;[count, changedAt] = [now, systemClock.now()]
      costs = processes.map((one) => one.cost())
      broker_seconds = cluster.cpuSeconds() - brokerBefore
    }
    const seconds = ((await lastWindowAt(log)) - startedAt) / 1000
    const cpuSeconds = costs.map((cost) => cost.cpuSeconds)
    return { seconds, cpuSeconds, rssMb: costs.map(({ rssMb }) => rssMb), broker_seconds }
  } finally {
    await Promise.all(processes.map((one) => one.stop()))
  }
}

/** When the broker took the last window. */
async function lastWindowAt(log: Log): Promise<number> {
  let last = 0
  for (const [partition, { end }] of (await log.ends('windows')).entries()) {
    const at = { topic: 'windows', partition, from: Math.max(0, end - 1) }
    for await (const { times, count } of readToEnd(log, at)) {
      for (let row = 0; row < count; row++) last = Math.max(last, times[row]!)
    }
  }
  return last
}

function configOf({ bootstrap }: KafkaCluster): string {
  const brokers = JSON.stringify(bootstrap.map(({ host, port }) => `${host}:${port}`))
  const kafka = `kafka: { brokers: ${brokers}, promise: available, replication: 1 }`
  const written = readFileSync('examples/ott.yaml', 'utf8').replace(/^data:.*$/m, '')
  return `${written}\nworkers: ${WORKERS}\nlog:\n  kind: kafka\n  ${kafka}\n`
}

function report(taken: ReadonlyMap<number, readonly Taken[]>): void {
  const [one, two] = COUNTS.map((count) => taken.get(count)!)
  const busiest = ({ cpuSeconds }: Taken): number => Math.max(...cpuSeconds)
  for (const [count, runs] of taken) {
    const name = count === 1 ? 'one process' : 'two processes'
    const print = (figure: string, unit: string, of: (run: Taken) => number): void =>
      printFigure(BENCH, { figure: `${figure}, ${name}`, unit, samples: runs.map(of) })
    print('rows per second', '1/s', ({ seconds }) => ROWS / seconds)
    print('CPU seconds of the busiest process', 's', busiest)
    print('CPU seconds of all', 's', ({ cpuSeconds }) => cpuSeconds.reduce((a, b) => a + b))
    print('CPU seconds of the broker', 's', ({ broker_seconds }) => broker_seconds)
    print('greatest rss of one', 'MB', ({ rssMb }) => Math.max(...rssMb))
  }
  const capacity = two!.map((run, i) => busiest(one![i]!) / busiest(run))
  const wall = two!.map((run, i) => one![i]!.seconds / run.seconds)
  printFigure(BENCH, { figure: 'capacity of 2 processes ÷ 1', unit: 'ratio', samples: capacity })
  // On few cores it says what the broker leaves, not what we can do.
  printFigure(BENCH, { figure: 'speed of 2 processes, in those of 1', unit: '×', samples: wall })
}
