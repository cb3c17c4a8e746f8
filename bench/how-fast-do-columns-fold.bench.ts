// Columns in memory into encoded panes on one core, as `examples/ott.yaml` asks (count, sum, max)
// and with a quantile and a distinct count as well; beside it the same columns by maps into JSON.
import assert from 'node:assert/strict'
import { PartitionFold } from '../src/aggregate/partition-fold.ts'
import { loadConfig } from '../src/config/load-config.ts'
import type { MonitorSpec } from '../src/model/monitor.ts'
import type { Pane } from '../src/model/pane.ts'
import { aggregateState } from '../src/sketch/aggregate-state.ts'
import { decodePane } from '../src/wire/pane-codec.ts'
import { cpuMs } from './cpu-time.ts'
import { printFigure } from './figure.ts'
import { prepareColumns, type PreparedColumns } from './prepared-columns.ts'
import { workloadLines } from './workload.ts'

const BENCH = 'how-fast-do-columns-fold'
const ROWS_PER_SECOND = 10_000
const SECONDS = 60
const RUNS = 7
const PORTION_BYTES = 65_536
const LATENESS_MS = 5000

/** One stream in one second, as anybody would keep it. */
type NaiveState = {
  count: number
  retrans: number
  rttMax: number
  readonly rtts: number[]
  readonly sessions: Set<string>
}

const loaded = loadConfig({ file: 'examples/ott.yaml', env: {} })
assert.ok(loaded.ok)
const { site, skewMs, monitors } = loaded.config
const [ott] = monitors
assert.ok(ott !== undefined)
const full: MonitorSpec = {
  ...ott,
  aggregates: [
    ...ott.aggregates,
    { name: 'rtt_p99', kind: 'quantile', field: 'rtt_ms', digits: 3, q: 0.99 },
    { name: 'sessions', kind: 'distinct', field: 'session', digits: 0 },
  ],
}

const prepared = prepareColumns(
  workloadLines({ seconds: SECONDS, rowsPerSecond: ROWS_PER_SECOND, seed: 1 }),
  [full],
)
measure('count, sum, max', ott, 5_000_000)
measure('and quantile, distinct', full, 2_000_000)

function measure(name: string, monitor: MonitorSpec, atLeast: number): void {
  const samples = {
    ours: [] as number[],
    pane: [] as number[],
    naive: [] as number[],
    ratio: [] as number[],
  }
  // The first runs warm the code and check it.
  for (let i = -2; i < RUNS; i++) {
    const ours = timed(() => foldColumns(monitor, i < 0))
    const naive = timed(() => foldNaively(prepared, { isFull: monitor === full, isKept: i < 0 }))
    if (i < 0) checkPanes(monitor, ours.value.panes, naive.value)
    if (i < 0) continue
    samples.ours.push(prepared.rowCount / ours.seconds)
    samples.pane.push((ours.value.emitSeconds * 1e6) / ours.value.paneCount)
    samples.naive.push(prepared.rowCount / naive.seconds)
    samples.ratio.push(naive.cpuSeconds / ours.cpuSeconds)
  }
  const rows = { figure: `${name}: rows per second`, unit: '1/s', samples: samples.ours, atLeast }
  printFigure(BENCH, rows)
  printFigure(BENCH, { figure: `${name}: emit a pane`, unit: 'µs', samples: samples.pane })
  printFigure(BENCH, {
    figure: `${name}: naive rows per second`,
    unit: '1/s',
    samples: samples.naive,
  })
  printFigure(BENCH, { figure: `${name}: speed ÷ naive`, unit: 'ratio', samples: samples.ratio })
}

function foldColumns(monitor: MonitorSpec, isKept: boolean) {
  const spec = {
    site,
    monitors: [monitor],
    partitions: 1,
    panesPartitions: 1,
    skewMs,
    early: false,
  }
  const fold = new PartitionFold(spec, 0, prepared.batch)
  const panes: Pane[] = []
  let emitSeconds = 0
  let paneCount = 0
  for (const { columns, records, at } of prepared.turns) {
    prepared.batch.adopt(columns)
    fold.foldBatch(records, at)
    const startedAt = performance.now()
    for (const portion of fold.portions(at, PORTION_BYTES)) {
      paneCount += portion.length
      for (const { key, value } of isKept ? portion : []) {
        const pane = decodePane({ key: key.slice(), value: value.slice() })
        if (pane !== undefined) panes.push(pane)
      }
    }
    emitSeconds += (performance.now() - startedAt) / 1000
  }
  return { panes, emitSeconds, paneCount }
}

/** By second and stream's text; what is older than the lateness leaves as JSON at a batch's end. */
function foldNaively(
  { batch, turns }: PreparedColumns,
  { isFull, isKept }: { readonly isFull: boolean; readonly isKept: boolean },
) {
  const kept = new Map<number, Map<string, NaiveState>>()
  const open = new Map<number, Map<string, NaiveState>>()
  const [ts, retrans, rtt] = [batch.field('ts'), batch.field('retrans'), batch.field('rtt_ms')]
  const [stream, session] = [batch.field('stream'), batch.field('session')]
  let bytes = 0
  for (const { columns, at } of turns) {
    const { numbers, ids } = columns
    for (let row = 0; row < columns.count; row++) {
      const start = numbers[ts]![row]! - (numbers[ts]![row]! % 1000)
      let states = open.get(start)
      if (states === undefined) open.set(start, (states = new Map()))
      const name = batch.strings.text(ids[stream]![row]!)
      let state = states.get(name)
      if (state === undefined) {
        state = { count: 0, retrans: 0, rttMax: -Infinity, rtts: [], sessions: new Set() }
        states.set(name, state)
      }
      state.count++
      state.retrans += numbers[retrans]![row]!
      state.rttMax = Math.max(state.rttMax, numbers[rtt]![row]!)
      if (!isFull) continue
      state.rtts.push(numbers[rtt]![row]!)
      state.sessions.add(batch.strings.text(ids[session]![row]!))
    }
    for (const [start, states] of open) {
      if (start + 1000 + LATENESS_MS > at) continue
      for (const [name, state] of states) bytes += JSON.stringify(resultOf(name, state)).length
      if (isKept) kept.set(start, states)
      open.delete(start)
    }
  }
  return { kept, bytes }
}

function resultOf(stream: string, { count, retrans, rttMax, rtts, sessions }: NaiveState) {
  if (rtts.length === 0) return { stream, count, retrans, rttMax }
  rtts.sort((a, b) => a - b)
  const p99 = rtts[Math.floor(0.99 * (rtts.length - 1))]!
  return { stream, count, retrans, rttMax, p99, sessions: sessions.size }
}

/** Every pane is what the rival has, and none is missing. */
function checkPanes(
  monitor: MonitorSpec,
  panes: readonly Pane[],
  { kept }: ReturnType<typeof foldNaively>,
): void {
  for (const pane of panes) {
    const state = kept.get(pane.start)?.get(pane.group[0] ?? '')
    assert.ok(state !== undefined)
    const results = monitor.aggregates.map((spec, i) => {
      const decoded = aggregateState.decode(spec, pane.states[i]!)
      return decoded && aggregateState.result(spec, decoded)
    })
    const [count, retrans, rttMax, p99, sessions] = results
    assert.deepEqual([count, retrans, rttMax], [state.count, state.retrans, state.rttMax])
    if (monitor !== full) continue
    const exact = state.rtts[Math.floor(0.99 * (state.rtts.length - 1))]!
    assert.ok(Math.abs(p99! - exact) <= exact * 0.01 + 0.0005)
    assert.equal(sessions, state.sessions.size)
  }
  const expected = [...kept.values()].reduce((sum, states) => sum + states.size, 0)
  assert.equal(panes.length, expected)
}

function timed<T>(run: () => T) {
  const [startedAt, cpuBefore] = [performance.now(), cpuMs()]
  const value = run()
  const seconds = (performance.now() - startedAt) / 1000
  return { value, seconds, cpuSeconds: (cpuMs() - cpuBefore) / 1000 }
}
