// What a row costs with ten groups and with a hundred thousand, with one monitor and with four
// hundred: columns in memory into encoded panes, in time of the processor. Cost should follow the
// rows that monitors take and the panes that leave, and what they have in common be done once.
import assert from 'node:assert/strict'
import { PartitionFold } from '../src/aggregate/partition-fold.ts'
import { loadConfig } from '../src/config/load-config.ts'
import type { Expression } from '../src/model/expression.ts'
import type { AggregateSpec, MonitorSpec } from '../src/model/monitor.ts'
import type { BatchColumns } from '../src/aggregate/rows/field-batch.ts'
import type { PaneRecord } from '../src/aggregate/pane-block.ts'
import { decodePane } from '../src/wire/pane-codec.ts'
import { threadCpuMs } from './cpu-time.ts'
import { printFigure } from './figure.ts'
import { prepareColumns, type PreparedColumns } from './prepared-columns.ts'
import { workloadLines } from './workload.ts'

const BENCH = 'how-does-cost-grow'
const GROUPS = [10, 100, 1000, 10_000, 100_000]
const MONITORS = [1, 4, 40, 400]
const ROWS_PER_SECOND = 10_000
const RUNS = 5
/** Rows that all monitors of a run take in together, and bounds of the rows themselves. */
const TAKEN_MAX = 1_000_000
const ROWS_MIN = 7000
const ROWS_MAX = 140_000
const PORTION_BYTES = 65_536

const loaded = loadConfig({ file: 'examples/ott.yaml', env: {} })
assert.ok(loaded.ok)
const { site, skewMs, monitors: written } = loaded.config
const [ott] = written
assert.ok(ott !== undefined)

const isAbove = (name: string, value: number): Expression => ({
  op: '>',
  left: { op: 'name', name },
  right: { op: 'number', value },
})
const WHERES: readonly (Expression | undefined)[] = [
  undefined,
  isAbove('retrans', 0),
  isAbove('buffer_ms', 7000),
  { op: '&&', left: isAbove('retrans', 0), right: isAbove('bitrate_kbps', 3000) },
  isAbove('viewers', 500),
]
const GROUP_BYS = [['stream'], ['stream', 'cdn'], ['stream', 'codec'], ['stream', 'cdn', 'codec']]
const LATENESSES_MS = [2000, 5000]
const FIELDS = ['rtt_ms', 'rtt_var_ms', 'bytes_acked', 'buffer_ms', 'dropped_frames']

/** So many monitors of forty different shapes, each shape with other fields in turn. */
const monitorsOf = (count: number): readonly MonitorSpec[] =>
  Array.from({ length: count }, (_, i) => {
    const where = WHERES[i % WHERES.length]
    const field = FIELDS[Math.floor(i / 40) % FIELDS.length]!
    const aggregates: readonly AggregateSpec[] = [
      { name: 'count', kind: 'count', digits: 0 },
      { name: 'sum', kind: 'sum', field, digits: 3 },
      { name: 'max', kind: 'max', field, digits: 3 },
    ]
    const { definition, window, values, rules, scopes } = ott
    return {
      id: `m${i}`,
      definition,
      window: { ...window, latenessMs: LATENESSES_MS[Math.floor(i / 20) % 2]! },
      groupBy: GROUP_BYS[Math.floor(i / 5) % GROUP_BYS.length]!,
      aggregates,
      values,
      rules,
      scopes,
      ...(where === undefined ? {} : { where }),
    }
  })

/** So many monitors that differ in what they aggregate alone, as those of one team's rules do. */
const alikeOf = (count: number): readonly MonitorSpec[] => {
  const [first] = monitorsOf(1)
  assert.ok(first !== undefined)
  return monitorsOf(count * 40).flatMap(({ aggregates }, i) =>
    i % 40 === 0 ? [{ ...first, id: `m${i / 40}`, aggregates }] : [],
  )
}

/** The last heartbeat: it closes all that is open. */
const LAST = JSON.stringify({ v: 1, ts: Date.UTC(2026, 0, 2), stream: '-', src: 'beat', final: 1 })

/** Rows and monitors of one cell of the table, and how many rows the monitors take together. */
type Case = {
  readonly rows: number
  readonly taken: number
  readonly monitors: readonly MonitorSpec[]
  readonly prepared: PreparedColumns
}
type Cost = { readonly row: number; readonly unit: number }

warmUp()
for (const groups of GROUPS) {
  for (const count of MONITORS) {
    measure(`${groups} groups, ${count} monitors`, caseOf(groups, monitorsOf(count)))
  }
}
measure('1000 groups, 40 alike', caseOf(1000, alikeOf(40)))

const one = caseOf(1000, monitorsOf(1))
const forty = caseOf(1000, monitorsOf(40))
printRatio('a row of 40 monitors ÷ of one', [forty, one], 'row')
printRatio('a row of 40 alike ÷ of one', [caseOf(1000, alikeOf(40)), one], 'row')
printRatio('a row or pane, 400 monitors ÷ 40', [caseOf(1000, monitorsOf(400)), forty], 'unit')
printRatio('a row or pane, 100,000 groups ÷ 1,000', [caseOf(100_000, monitorsOf(1)), one], 'unit')

/** @throws where the panes are not those of the rows. */
function caseOf(groups: number, monitors: readonly MonitorSpec[]): Case {
  const rows = Math.min(ROWS_MAX, Math.max(ROWS_MIN, Math.floor(TAKEN_MAX / monitors.length)))
  const prepared = prepareColumns([...linesOf(groups).slice(0, rows), LAST], monitors)
  const takenByMonitor = takenBy(monitors, prepared)
  assert.deepEqual(foldOnce(prepared, monitors, true).revs, takenByMonitor)
  const taken = takenByMonitor.values().reduce((sum, each) => sum + each, 0)
  return { rows, taken, monitors, prepared }
}

/** µs a row, and ns for each row taken and pane written. */
function costOf({ rows, taken, monitors, prepared }: Case): Cost {
  const { micros, paneCount } = foldOnce(prepared, monitors, false)
  return { row: micros / rows, unit: (micros * 1000) / (taken + paneCount) }
}

function measure(name: string, one: Case): void {
  const costs = Array.from({ length: RUNS }, () => costOf(one))
  const row = costs.map((cost) => cost.row)
  const unit = costs.map((cost) => cost.unit)
  printFigure(BENCH, { figure: `a row, ${name}`, unit: 'µs', samples: row })
  printFigure(BENCH, { figure: `a row taken or a pane, ${name}`, unit: 'ns', samples: unit })
}

/** In turns: what the engine has compiled by now, and whatever disturbs, is the same for both. */
function printRatio(figure: string, [of, to]: readonly [Case, Case], by: keyof Cost): void {
  const costs = Array.from({ length: RUNS }, () => [costOf(of)[by], costOf(to)[by]] as const)
  const above = costs.map(([each]) => each).toSorted((a, b) => a - b)
  const below = costs.map(([, each]) => each).toSorted((a, b) => a - b)
  // The best with the best: what disturbs a run seldom disturbs both.
  printFigure(BENCH, { figure, unit: 'ratio', samples: above.map((each, i) => each / below[i]!) })
}

function linesOf(groups: number): readonly string[] {
  const seconds = ROWS_MAX / ROWS_PER_SECOND
  const spec = { seconds, rowsPerSecond: ROWS_PER_SECOND, seed: 9, streamCount: groups }
  return [...workloadLines(spec)]
}

/** What is compiled while the first case runs would be charged to it. */
function warmUp(): void {
  const monitors = monitorsOf(8)
  const prepared = prepareColumns([...linesOf(1000).slice(0, 70_000), LAST], monitors)
  for (let run = 0; run < 8; run++) foldOnce(prepared, monitors, false)
}

/** Folds all rows; with `isChecked` it counts the rows of each monitor's closed panes. */
function foldOnce(
  { batch, turns }: PreparedColumns,
  monitors: readonly MonitorSpec[],
  isChecked: boolean,
) {
  const spec = { site, monitors, partitions: 1, panesPartitions: 1, skewMs, early: false }
  const fold = new PartitionFold(spec, 0, batch)
  const newest = new Map<string, number>()
  const revs = new Map(monitors.map(({ id }) => [id, 0]))
  let [micros, paneCount] = [0, 0]
  for (const { columns, records, at } of turns) {
    batch.adopt(columns)
    const startedAt = threadCpuMs()
    fold.foldBatch(records, at)
    for (const portion of fold.portions(at, PORTION_BYTES)) {
      paneCount += portion.length
      if (isChecked) portion.forEach((record) => note(record, newest, revs))
    }
    micros += (threadCpuMs() - startedAt) * 1000
  }
  return { micros, paneCount, revs }
}

/** Σ of the newest revision of each pane: the rows that each monitor took. */
function note(record: PaneRecord, newest: Map<string, number>, revs: Map<string, number>): void {
  const pane = decodePane(record)
  if (pane === undefined) return
  const id = `${pane.start}|${Buffer.from(record.key).toString('latin1')}`
  const before = newest.get(id) ?? 0
  newest.set(id, pane.rev)
  revs.set(pane.monitor, revs.get(pane.monitor)! + pane.rev - before)
}

/** How many rows each monitor takes, by another way than a selection. */
function takenBy(
  monitors: readonly MonitorSpec[],
  { batch, turns }: PreparedColumns,
): Map<string, number> {
  const beat = batch.literal('beat')
  type Numbers = BatchColumns['numbers']
  const takes = (test: Expression | undefined, numbers: Numbers, row: number): boolean => {
    if (test === undefined) return true
    assert.ok('left' in test && 'right' in test)
    if (test.op === '&&') return takes(test.left, numbers, row) && takes(test.right, numbers, row)
    assert.ok(test.left.op === 'name' && test.right.op === 'number')
    return numbers[batch.field(test.left.name)]![row]! > test.right.value
  }
  const countOf = (where: Expression | undefined): number => {
    let count = 0
    for (const { columns } of turns) {
      for (let row = 0; row < columns.count; row++) {
        const isBeat = columns.ids[batch.field('src')]![row] === beat
        if (!isBeat && takes(where, columns.numbers, row)) count++
      }
    }
    return count
  }
  const counts = new Map(
    new Set(monitors.map(({ where }) => where)).values().map((where) => [where, countOf(where)]),
  )
  return new Map(monitors.map(({ id, where }) => [id, counts.get(where) ?? 0]))
}
