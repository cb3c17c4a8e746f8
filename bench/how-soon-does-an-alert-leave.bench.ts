// A whole server takes ten thousand rows a second over HTTP, three hundred in a run breach: how
// long after the instant at which such a row was due its alert is in the log, and outside. Panes
// leave after every batch (`emit: 0s`), and beside that every 200 ms, which is the default.
import assert from 'node:assert/strict'
import { runAlerts, type AlertRun } from './alert-run.ts'
import { printFigure } from './figure.ts'
import { latencyOf, mean } from './latency.ts'
import { LiveRows } from './live-rows.ts'
import { inTemporaryFolder } from './temporary-folder.ts'

const BENCH = 'how-soon-does-an-alert-leave'
const RUNS = 3
/** Until then code is compiled, that of closing windows too: the first ones close after six. */
const WARM_SECONDS = 12
const SECONDS = 24
/** A hundred rows a post: that many posts a second are answered, each when its rows are durable. */
const POST_EVERY_MS = 10
const BREACHES = 300
const EMITS = ['0s', '200ms'] as const

const config = (emit: string): string => `version: 1
site: s1
monitors:
  - id: ott-10s
    group_by: [stream]
    window: { size: 10s, hop: 1s, lateness: 5s, emit: ${emit} }
    aggregates: { count: { count: rows }, retrans: { sum: retrans }, rtt_max: { max: rtt_ms } }
    rules:
      - { alert: High, when: retrans > 5000, clear_for: 10m, severity: critical }
`

const runs = new Map(EMITS.map((emit) => [emit, [] as AlertRun[]]))
for (let run = 0; run < RUNS; run++) {
  const rows = new LiveRows({
    seconds: SECONDS,
    rowsPerSecond: 10_000,
    everyMs: POST_EVERY_MS,
    seed: run + 1,
    streamCount: 1000,
    breaches: { count: BREACHES, fromSeconds: WARM_SECONDS },
  })
  for (const emit of run % 2 === 0 ? EMITS : EMITS.toReversed()) {
    await inTemporaryFolder(async (folder) => {
      const seen = await runAlerts(folder, config(emit), { rows, monitor: 'ott-10s' })
      assert.equal(seen.steps.length, BREACHES)
      runs.get(emit)!.push(seen)
    })
  }
}

const appended = ({ steps, dueAts }: AlertRun): readonly number[] =>
  steps.map(({ appendedAt }, i) => appendedAt - dueAts[i]!)
const outside = ({ steps, dueAts }: AlertRun): readonly number[] =>
  steps.map(({ seenAt }, i) => seenAt - dueAts[i]!)
/** Of the posts while breaches were due. */
const answers = ({ answers: all }: AlertRun): readonly number[] =>
  all.slice((WARM_SECONDS * 1000) / POST_EVERY_MS)

for (const [emit, taken] of runs) {
  const show = (figure: string, of: (run: AlertRun) => readonly number[], asked = false): void => {
    const each = taken.map((run) => latencyOf(of(run)))
    const line = (name: 'p50' | 'p99' | 'max', bound: object): void =>
      printFigure(BENCH, {
        figure: `${name} ${figure}, emit ${emit}`,
        unit: 'ms',
        samples: each.map((latency) => latency[name]),
        ...bound,
      })
    line('p50', asked ? { atMost: 5 } : {})
    line('p99', asked ? { atMost: 14 } : {})
    line('max', {})
  }
  show('row due to alert appended', appended, emit === '0s')
  show('row due to alert outside', outside)
  show('row due to its post answered', answers)
  for (const [hop, of] of Object.entries(hopsOf(taken))) {
    printFigure(BENCH, { figure: `mean hop ${hop}, emit ${emit}`, unit: 'ms', samples: of })
  }
  const cpu = taken.map((run) => run.cpu)
  printFigure(BENCH, {
    figure: `cores that the server takes, emit ${emit}`,
    unit: '',
    samples: cpu,
  })
}
const ratio = runs
  .get('0s')!
  .map((run) => latencyOf(outside(run)).p50 / latencyOf(answers(run)).p50)
printFigure(BENCH, { figure: 'p50 alert outside ÷ post answered', unit: 'ratio', samples: ratio })

/** Where the time went, by the receipts of the alerts; a mean of whole milliseconds each run. */
function hopsOf(taken: readonly AlertRun[]): Readonly<Record<string, readonly number[]>> {
  type Seen = AlertRun['steps'][number]
  const hop = (of: (seen: Seen) => number) => taken.map(({ steps }) => mean(steps.map(of)))
  return {
    'due to appended': hop(({ step: { receipt: r } }) => r.appended! - r.event!),
    'appended to read': hop(({ step: { receipt: r } }) => r.read! - r.appended!),
    'read to pane': hop(({ step: { receipt: r } }) => r.pane! - r.read!),
    'pane to fired': hop(({ step: { receipt: r } }) => r.fired - r.pane!),
    'fired to appended': hop(({ step, appendedAt }) => appendedAt - step.receipt.fired),
    'appended to outside': hop(({ appendedAt, seenAt }) => seenAt - appendedAt),
  }
}
