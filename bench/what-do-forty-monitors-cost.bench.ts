// From a row to its alert, with one monitor on the topic and with forty: rows are read and decoded
// once for all of them. The monitor that fires shows its panes after every batch, the others every
// 200 ms as they do by default; each of them has windows and a rule of its own.
import { runAlerts } from './alert-run.ts'
import { printFigure } from './figure.ts'
import { latencyOf, type Latency } from './latency.ts'
import { LiveRows } from './live-rows.ts'
import { inTemporaryFolder } from './temporary-folder.ts'

const BENCH = 'what-do-forty-monitors-cost'
const RUNS = 3
const WARM_SECONDS = 7
const SECONDS = 17
const STREAMS = 200
const COUNTS = [1, 40] as const
const FIELDS = ['retrans', 'rtt_ms', 'rtt_var_ms', 'bytes_acked', 'stall_ms', 'buffer_ms']
const KINDS = ['sum', 'max', 'mean']

const FIRING = `version: 1
site: s1
monitors:
  - id: fires
    group_by: [stream]
    window: { size: 10s, hop: 1s, lateness: 5s, emit: 0s }
    aggregates: { count: { count: rows }, retrans: { sum: retrans }, rtt_max: { max: rtt_ms } }
    rules:
      - { alert: High, when: retrans > 5000, clear_for: 10m, severity: critical }
`

/** Another monitor, whose rule can use an open window and never holds. */
function other(i: number): string {
  const field = FIELDS[i % FIELDS.length]!
  const kind = KINDS[Math.floor(i / FIELDS.length) % KINDS.length]!
  return `  - id: other-${i}
    group_by: [stream]
    window: { size: 10s, hop: 1s, lateness: 5s }
    aggregates: { count: { count: rows }, x: { ${kind}: ${field} } }
    rules: [{ alert: Never${i}, when: count > ${1_000_000 + i}, severity: warning }]
`
}

const config = (count: number): string =>
  FIRING + Array.from({ length: count - 1 }, (_, i) => other(i)).join('')

const taken = new Map(COUNTS.map((count) => [count, [] as Latency[]]))
const cores = new Map(COUNTS.map((count) => [count, [] as number[]]))
for (let run = 0; run < RUNS; run++) {
  const rows = new LiveRows({
    seconds: SECONDS,
    rowsPerSecond: 10_000,
    everyMs: 10,
    seed: run + 1,
    streamCount: STREAMS,
    breaches: { count: STREAMS, fromSeconds: WARM_SECONDS },
  })
  for (const count of run % 2 === 0 ? COUNTS : COUNTS.toReversed()) {
    await inTemporaryFolder(async (folder) => {
      const { steps, dueAts, cpu } = await runAlerts(folder, config(count), {
        rows,
        monitor: 'fires',
      })
      taken.get(count)!.push(latencyOf(steps.map(({ seenAt }, i) => seenAt - dueAts[i]!)))
      cores.get(count)!.push(cpu)
    })
  }
}

for (const count of COUNTS) {
  const of = `${count} monitor${count === 1 ? '' : 's'}`
  for (const name of ['p50', 'p99', 'max'] as const) {
    const samples = taken.get(count)!.map((latency) => latency[name])
    printFigure(BENCH, { figure: `${name} row due to alert outside, ${of}`, unit: 'ms', samples })
  }
  const samples = cores.get(count)!
  printFigure(BENCH, { figure: `cores that the server takes, ${of}`, unit: '', samples })
}
// Times of a queue for the processor are not judged; what the processor does for us is.
for (const name of ['p50', 'p99'] as const) {
  const one = taken.get(1)!
  const samples = taken.get(40)!.map((latency, i) => latency[name] / one[i]![name])
  printFigure(BENCH, { figure: `${name} of 40 monitors ÷ of one`, unit: '', samples, atMost: 2 })
}
const ratio = cores.get(40)!.map((each, i) => each / cores.get(1)![i]!)
printFigure(BENCH, { figure: 'processor of 40 monitors ÷ of one', unit: 'ratio', samples: ratio })
