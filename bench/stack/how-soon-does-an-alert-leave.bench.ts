// A whole server on one real broker takes ten thousand rows a second over HTTP, three hundred in a
// run breach: how long after the instant at which such a row was due its alert is outside. Beside
// it, in the same seconds, one row after the other goes to the broker and to a reader that waits
// for it: what no program on this broker can do sooner. RUNS=… and RATE=… make it less.
import assert from 'node:assert/strict'
import { printFigure } from '../figure.ts'
import { runAlerts, type AlertRun } from '../alert-run.ts'
import { latencyOf } from '../latency.ts'
import { LiveRows } from '../live-rows.ts'
import { inTemporaryFolder } from '../temporary-folder.ts'
import { kafkaOptions, openLogAt, say, withBroker } from './one-broker.ts'
import { outcomeOf, type ProcessOutcome } from './process-outcome.ts'

const BENCH = 'stack/how-soon-does-an-alert-leave'
const RUNS = Number(process.env['RUNS'] ?? 3)
const RATE = Number(process.env['RATE'] ?? 10_000)
/** Until then code is compiled, that of closing windows too: the first ones close after six. */
const WARM_SECONDS = 12
const SECONDS = 24
const POST_EVERY_MS = 10
const BREACHES = 300
const TRIPS = { everyMs: 20, rows: (SECONDS * 1000) / 20 }

type Trips = ProcessOutcome & { readonly latencies: readonly number[] }
type Taken = { readonly alerts: AlertRun; readonly trips: readonly number[] }

const config = (brokers: readonly string[]): string => `version: 1
site: s1
log:
  kind: kafka
  kafka: { brokers: ${JSON.stringify(brokers)}, promise: available, replication: 1 }
monitors:
  - id: ott-10s
    group_by: [stream]
    window: { size: 10s, hop: 1s, lateness: 5s, emit: 0s }
    aggregates: { count: { count: rows }, retrans: { sum: retrans }, rtt_max: { max: rtt_ms } }
    rules:
      - { alert: High, when: retrans > 5000, clear_for: 10m, severity: critical }
`

const taken: Taken[] = []
for (let run = 0; run < RUNS; run++) {
  const rows = new LiveRows({
    seconds: SECONDS,
    rowsPerSecond: RATE,
    everyMs: POST_EVERY_MS,
    seed: run + 1,
    streamCount: 1000,
    breaches: { count: BREACHES, fromSeconds: WARM_SECONDS },
  })
  // Names of topics are the house's, so each run has a broker of its own.
  await withBroker(async (cluster) => {
    const kafka = kafkaOptions(cluster, 'lz4')
    const brokers = cluster.bootstrap.map(({ host, port }) => `${host}:${port}`)
    let trips: readonly number[] = []
    const beside = async (): Promise<void> => {
      const given = { kafka, topic: 'round-trips', ...TRIPS }
      trips = (await outcomeOf<Trips>('bench/stack/round-trips.ts', given)).latencies
    }
    await inTemporaryFolder(async (folder) => {
      const plan = { rows, monitor: 'ott-10s', openLog: () => openLogAt(kafka), beside }
      const alerts = await runAlerts(folder, config(brokers), plan)
      assert.equal(alerts.steps.length, BREACHES)
      assert.equal(trips.length, TRIPS.rows)
      // The first ones wait for connections.
      taken.push({ alerts, trips: trips.slice(TRIPS.rows / 2) })
      say(`run ${run + 1} of ${RUNS}: ${alerts.windows} windows as the rows say`)
    })
  })
}

const outside = ({ alerts: { steps, dueAts } }: Taken): readonly number[] =>
  steps.map(({ seenAt }, i) => seenAt - dueAts[i]!)
const appended = ({ alerts: { steps, dueAts } }: Taken): readonly number[] =>
  steps.map(({ appendedAt }, i) => appendedAt - dueAts[i]!)
const answers = ({ alerts }: Taken): readonly number[] =>
  alerts.answers.slice((WARM_SECONDS * 1000) / POST_EVERY_MS)

function show(figure: string, of: (run: Taken) => readonly number[]): void {
  const each = taken.map((run) => latencyOf(of(run)))
  for (const name of ['p50', 'p99', 'max'] as const) {
    const samples = each.map((latency) => latency[name])
    printFigure(BENCH, { figure: `${name} ${figure}`, unit: 'ms', samples })
  }
}

show('row due to alert appended', appended)
show('row due to alert outside', outside)
show('row due to its post answered', answers)
show('round trip of the broker', ({ trips }) => trips)
for (const name of ['p50', 'p99'] as const) {
  const samples = taken.map((run) => latencyOf(outside(run))[name] - latencyOf(run.trips)[name])
  const figure = `${name} alert outside − ${name} round trip`
  printFigure(BENCH, { figure, unit: 'ms', samples, ...(name === 'p99' && { atMost: 14 }) })
}
const cpu = taken.map(({ alerts }) => alerts.cpu)
printFigure(BENCH, { figure: 'cores that the server takes', unit: '', samples: cpu })
const samples = taken.map((run) => latencyOf(outside(run)).p50 / latencyOf(run.trips).p50)
printFigure(BENCH, { figure: 'p50 alert outside ÷ p50 round trip', unit: 'ratio', samples })
