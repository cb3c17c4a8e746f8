// The same rows with one monitor, live, by our own engine, by Spark (a batch a second, and as soon
// as possible) and by Kafka Streams (told of every row), each with a broker and processes of its
// own: how long after the instant at which a row that breaches was due its alert is outside, and
// what each takes meanwhile. RATE=… rows a second, RUNS=… of each. Kafka Streams where
// NOCTURNE_RIVALS says where it is; its results are read as a rule would read them.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { startSpark } from '../../scripts/stack/spark-server.ts'
import type { KafkaCluster } from '../../scripts/stack/kafka-cluster.ts'
import { runAlerts } from '../alert-run.ts'
import { printFigure, skipRatio } from '../figure.ts'
import { latencyOf } from '../latency.ts'
import { LiveRows } from '../live-rows.ts'
import { inTemporaryFolder } from '../temporary-folder.ts'
import { lacksStreams } from './kafka-streams.ts'
import { kafkaOptions, openLogAt, say, withBroker } from './one-broker.ts'
import { costOf } from './process-outcome.ts'
import { runStreamsAlerts } from './streams-alerts.ts'

const BENCH = 'stack/how-soon-does-spark-tell'
const RUNS = Number(process.env['RUNS'] ?? 3)
const RATE = Number(process.env['RATE'] ?? 2000)
/** Until then code is compiled: that of a Java that has just started for longest. */
const WARM_SECONDS = 60
const SECONDS = 90
const BREACHES = 100
const POST_EVERY_MS = 10
const ABOVE = 5000
const HEAP = '1500m'
/** Of a partition, that come while a batch is made. */
const HEARTBEATS = 30

type Taken = { readonly latencies: readonly number[]; readonly cpu: number; readonly rssMb: number }
type Way = (given: Given) => Promise<Taken>
type Given = {
  readonly cluster: KafkaCluster
  readonly rows: LiveRows
  readonly folder: string
}

const config = ({ bootstrap }: KafkaCluster, aggregate = ''): string => `version: 1
site: s1
log:
  kind: kafka
  kafka:
    brokers: ${JSON.stringify(bootstrap.map(({ host, port }) => `${host}:${port}`))}
    promise: available
    replication: 1
${aggregate}monitors:
  - id: ott-10s
    group_by: [stream]
    window: { size: 10s, hop: 1s, lateness: 5s, emit: 0s }
    aggregates: { count: { count: rows }, retrans: { sum: retrans }, rtt_max: { max: rtt_ms } }
    rules:
      - { alert: High, when: retrans > ${ABOVE}, clear_for: 10m, severity: critical }
`

async function ours({ cluster, rows, folder }: Given, text: string, lagMax = 0): Promise<Taken> {
  const kafka = kafkaOptions(cluster, 'lz4')
  const plan = { rows, monitor: 'ott-10s', openLog: () => openLogAt(kafka), lagMax }
  const { steps, dueAts, cpu, rssMb } = await runAlerts(folder, text, plan)
  assert.equal(steps.length, BREACHES)
  return { latencies: steps.map(({ seenAt }, i) => seenAt - dueAts[i]!), cpu, rssMb }
}

const bySpark =
  (trigger: string): Way =>
  async (given) => {
    const server = await startSpark({ heap: HEAP })
    try {
      const { host, port } = server.address
      const section = `aggregate:
  engine: spark
  spark:
    remote: "${host}:${port}"
    checkpoints: ${JSON.stringify(join(given.folder, 'checkpoints'))}
    trigger: ${trigger}
    shuffle_partitions: 2
    rates: [1]
`
      const before = server.cpuSeconds()
      const startedAt = performance.now()
      const taken = await ours(given, config(given.cluster, section), HEARTBEATS)
      const cpu = (server.cpuSeconds() - before) / ((performance.now() - startedAt) / 1000)
      const pid = server.pid()
      assert.ok(pid !== undefined, 'the server runs')
      return { ...taken, cpu: taken.cpu + cpu, rssMb: taken.rssMb + costOf(pid).rssMb }
    } finally {
      await server.close()
    }
  }

const ways: Record<string, Way> = {
  'own engine': (given) => ours(given, config(given.cluster)),
  'Spark, 1 s': bySpark('1s'),
  'Spark, as soon as possible': bySpark('0s'),
}
const lacking = lacksStreams()
if (lacking === undefined) {
  ways['Kafka Streams'] = (given) => {
    const text = config(given.cluster)
    return runStreamsAlerts(given.cluster, { ...given, config: text, above: ABOVE })
  }
}

const taken = new Map(Object.keys(ways).map((name) => [name, [] as Taken[]]))
for (let run = 0; run < RUNS; run++) {
  const rows = new LiveRows({
    seconds: SECONDS,
    rowsPerSecond: RATE,
    everyMs: POST_EVERY_MS,
    seed: run + 1,
    streamCount: 1000,
    breaches: { count: BREACHES, fromSeconds: WARM_SECONDS },
  })
  const order = Object.entries(ways)
  for (const [name, way] of run % 2 === 0 ? order : order.toReversed()) {
    await withBroker((cluster) =>
      inTemporaryFolder(async (folder) => {
        const outcome = await way({ cluster, rows, folder })
        taken.get(name)!.push(outcome)
        const { p50, p99 } = latencyOf(outcome.latencies)
        say(`run ${run + 1} of ${RUNS}, ${name}: p50 ${p50}, p99 ${p99} ms`)
      }),
    )
  }
}

for (const [name, runs] of taken) {
  for (const part of ['p50', 'p99', 'max'] as const) {
    const samples = runs.map(({ latencies }) => latencyOf(latencies)[part])
    printFigure(BENCH, { figure: `${part} row due to told, ${name}`, unit: 'ms', samples })
  }
  printFigure(BENCH, {
    figure: `cores without the broker, ${name}`,
    unit: '',
    samples: runs.map(({ cpu }) => cpu),
  })
  printFigure(BENCH, {
    figure: `greatest rss, ${name}`,
    unit: 'MB',
    samples: runs.map(({ rssMb }) => rssMb),
  })
}
const own = taken.get('own engine')!
for (const other of ['Spark, 1 s', 'Spark, as soon as possible', 'Kafka Streams']) {
  const figure = `p50 row due to told: ${other} ÷ own engine`
  const theirs = taken.get(other)
  if (theirs === undefined) {
    skipRatio(BENCH, figure, lacking ?? '')
    continue
  }
  const p50 = ({ latencies }: Taken): number => latencyOf(latencies).p50
  printFigure(BENCH, {
    figure,
    unit: 'ratio',
    samples: theirs.map((run, i) => p50(run) / p50(own[i]!)),
  })
}
