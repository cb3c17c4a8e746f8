// Rows that lie in a topic of one real broker, to panes and to judged windows in other topics of it
// by one worker of ours: one core for us, one for the broker. Beside it on the same topic in the
// same run Spark, by the statement that Nocturne makes of the same monitors, and Kafka Streams,
// where NOCTURNE_RIVALS says where it is. ROWS=… and RUNS=… make it less.
import assert from 'node:assert/strict'
import { FinalWindows } from '../../src/app/replay-results.ts'
import type { KafkaCluster } from '../../scripts/stack/kafka-cluster.ts'
import { printFigure, skipRatio } from '../figure.ts'
import { inTemporaryFolder } from '../temporary-folder.ts'
import { expectedOf, fillReadings, forgetResults } from './house-topics.ts'
import { kafkaOptions, say, withBroker, withLog } from './one-broker.ts'
import { checkPanes } from './kafka-panes.ts'
import { checkStreams, lacksStreams, runStreams } from './kafka-streams.ts'
import { outcomeOf, type ProcessOutcome } from './process-outcome.ts'
import { runSpark, type SparkState } from './spark-panes.ts'

const BENCH = 'stack/how-fast-does-kafka-become-panes'
const ROWS_PER_SECOND = 10_000
const ROWS = Number(process.env['ROWS'] ?? 2_000_000)
const RUNS = Number(process.env['RUNS'] ?? 3)
const SPEC = { seconds: ROWS / ROWS_PER_SECOND, rowsPerSecond: ROWS_PER_SECOND, seed: 1 }
/** As a site's own log has it. */
const CODEC = 'lz4'
const lacking = lacksStreams()

/** What one run has cost, us and the broker. */
type Taken = ProcessOutcome & {
  readonly broker_seconds: number
  /** Without the start of the process, where it tells. */
  readonly work_seconds?: number
}
type Way = (cluster: KafkaCluster, run: number) => Promise<Taken>

await inTemporaryFolder(async (folder) => {
  const expected = expectedOf(SPEC)
  const ours = async (cluster: KafkaCluster, isJudged: boolean): Promise<Taken> => {
    await forgetResults(cluster)
    const kafka = kafkaOptions(cluster, CODEC)
    const given = { kafka, isJudged, workers: 1 }
    const run = () => outcomeOf('bench/stack/read-from-kafka.ts', given)
    const taken = await beside(cluster, run)
    assert.equal(taken.rows, ROWS)
    await withLog(kafka, async (log) => {
      if (!isJudged) await checkPanes(log, expected.panes)
      else assert.equal((await FinalWindows.of(log)).digest(), expected.digest)
    })
    return taken
  }
  const spark = async (cluster: KafkaCluster, state: SparkState): Promise<Taken> => {
    await forgetResults(cluster)
    const again = () => forgetResults(cluster)
    const taken = await beside(cluster, () => runSpark(cluster, { folder, state }, again))
    await withLog(kafkaOptions(cluster, CODEC), (log) => checkPanes(log, expected.panes))
    return taken
  }
  const ways: Record<string, Way> = {
    panes: (cluster) => ours(cluster, false),
    windows: (cluster) => ours(cluster, true),
    Spark: (cluster) => spark(cluster, 'fresh'),
    'Spark, warm': (cluster) => spark(cluster, 'warm'),
    ...(lacking === undefined && {
      'Kafka Streams': async (cluster: KafkaCluster, run: number) => {
        const out = `out-streams-${run}`
        const taken = await beside(cluster, () => runStreams(cluster, { folder, out }))
        await withLog(kafkaOptions(cluster, CODEC), (log) => checkStreams(log, out, expected))
        return taken
      },
    }),
  }
  await withBroker(async (cluster) => {
    say(`appending ${ROWS} rows`)
    await withLog(kafkaOptions(cluster, CODEC), (log) => fillReadings(log, folder, SPEC))
    const taken = new Map(Object.keys(ways).map((name) => [name, [] as Taken[]]))
    for (let run = 0; run < RUNS; run++) {
      const order = Object.entries(ways)
      for (const [name, way] of run % 2 === 0 ? order : order.toReversed()) {
        const outcome = await way(cluster, run)
        say(`run ${run + 1} of ${RUNS}, ${name}: ${JSON.stringify(outcome)}`)
        taken.get(name)!.push(outcome)
      }
    }
    report(taken)
  })
})

/** Takes with a run what the broker has worked meanwhile. */
async function beside(cluster: KafkaCluster, run: () => Promise<ProcessOutcome>): Promise<Taken> {
  const before = cluster.cpuSeconds()
  const outcome = await run()
  return { ...outcome, broker_seconds: cluster.cpuSeconds() - before }
}

function report(taken: ReadonlyMap<string, readonly Taken[]>): void {
  for (const [name, runs] of taken) {
    const print = (figure: string, unit: string, of: (run: Taken) => number): void =>
      printFigure(BENCH, { figure: `${figure}, ${name}`, unit, samples: runs.map(of) })
    const atLeast = name === 'panes' ? { atLeast: 600_000 } : {}
    const speed = runs.map(({ rows, seconds }) => rows / seconds)
    printFigure(BENCH, {
      figure: `rows per second, ${name}`,
      unit: '1/s',
      samples: speed,
      ...atLeast,
    })
    print('CPU seconds per million rows', 's', ({ rows, cpu_seconds: s }) => (s / rows) * 1e6)
    if (runs.every(({ work_seconds }) => work_seconds !== undefined)) {
      print('without its start', 's', ({ rows, work_seconds: s = 0 }) => (s / rows) * 1e6)
    }
    print('of the broker beside it', 's', ({ rows, broker_seconds: s }) => (s / rows) * 1e6)
    print('greatest rss', 'MB', ({ rss_mb }) => rss_mb)
  }
  for (const [name, other, target] of [
    ['panes', 'Kafka Streams', { atLeast: 20 }],
    ['windows', 'Kafka Streams', {}],
    ['panes', 'Spark', { atLeast: 10 }],
    ['panes', 'Spark, warm', { atLeast: 10 }],
  ] as const) {
    const figure = `${name}: rows per CPU second ÷ ${other}`
    const theirs = taken.get(other)
    if (theirs === undefined) {
      skipRatio(BENCH, figure, lacking ?? '')
      continue
    }
    const perRow = ({ cpu_seconds, rows }: Taken) => cpu_seconds / rows
    const samples = taken.get(name)!.map((run, i) => perRow(theirs[i]!) / perRow(run))
    printFigure(BENCH, { figure, unit: 'ratio', samples, ...target })
  }
}
