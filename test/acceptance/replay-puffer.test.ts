import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import test from 'node:test'
import { digestOf, type FinalWindow } from '../rig/final-windows.ts'
import { distinctOf, rankedValue, sortedValues, sumOf, thousandths } from '../rig/oracle-values.ts'
import { readRecording, windowsOf, type RawRow } from '../rig/recording-oracle.ts'
import { configOf, replayed, stepsDigest } from '../rig/replay-run.ts'

const RECORDING = '../derived/data/puffer-live-2020-08-24-bba.ndjson.gz'
const skip = existsSync(RECORDING) ? false : `the recording ${RECORDING} is not here`
const config = configOf({ file: 'examples/puffer.yaml' })
/** Final windows of both monitors; distinct counts are exact up to this many. */
const DISTINCT_EXACT_MAX = 256
const DISTINCT_ERROR_MAX = 6 * 0.0163

test('[V5] every window of a real day equals an independent computation', { skip }, async () => {
  const rows = await readRecording(RECORDING)

  const { summary, windows } = await replayed(RECORDING, config)

  const { rows: accepted, rejected, late } = summary
  assert.deepEqual({ accepted, rejected, late }, { accepted: 51_728, rejected: 0, late: 0 })
  assert.equal(rows.length, 51_728)
  assert.equal(summary.windows, windows.length)
  assert.equal(summary.digest, digestOf(windows))
  const found = Map.groupBy(windows, ({ monitor }) => monitor)
  checkLateness(rows, found.get('segment-lateness') ?? [])
  checkInflation(rows, found.get('rtt-inflation') ?? [])
})

test('[V5] [W7] partitions, batches and repetition change no window', { skip }, async () => {
  const reference = await replayed(RECORDING, config, { partitions: 4, batchRows: 10_000 })
  const ways = [
    { partitions: 4, batchRows: 10_000 },
    { partitions: 1, batchRows: 10_000 },
    { partitions: 4, batchRows: 7 },
    { partitions: 1, batchRows: 1 },
  ]
  for (const way of ways) {
    const { summary, steps } = await replayed(RECORDING, config, way)

    assert.equal(summary.digest, reference.summary.digest, JSON.stringify(way))
    assert.equal(stepsDigest(steps), stepsDigest(reference.steps), JSON.stringify(way))
  }
})

function checkLateness(rows: readonly RawRow[], windows: readonly FinalWindow[]): void {
  const found = byGroupAndEnd(windows, 'delay')
  const span = { sizeMs: 60_000, hopMs: 10_000 }
  for (const expected of windowsOf(rows, span, (row) => String(row['delay']))) {
    const id = `${expected.group}|${expected.end}`
    const window = found.get(id)
    found.delete(id)
    assert.ok(window !== undefined, `${id} is missing`)
    const { start, complete, values } = window
    const { rtt_p95, sessions, ...exact } = values
    const count = expected.rows.length
    const late = expected.rows.filter((row) => Number(row['transfer_ms']) > 2002).length
    const rtts = sortedValues(expected.rows, 'rtt_ms')
    const kb = sumOf(expected.rows, 'kb')
    const wanted = { count, late, late_share: late / count, kb, rtt_max: rtts.at(-1) }
    assert.deepEqual({ start, complete }, { start: expected.start, complete: true }, id)
    assert.deepEqual(exact, wanted, id)
    const p95 = rankedValue(rtts, 0.95)
    assert.ok(Math.abs(rtt_p95! - p95) <= p95 * 0.01 + 0.0005, `${id}: ${rtt_p95} for ${p95}`)
    const distinct = distinctOf(expected.rows, 'session')
    const allowed = distinct <= DISTINCT_EXACT_MAX ? 0 : distinct * DISTINCT_ERROR_MAX
    assert.ok(Math.abs(sessions! - distinct) <= allowed, `${id}: ${sessions} for ${distinct}`)
  }
  assert.equal(found.size, 0, 'no window is invented')
}

function checkInflation(rows: readonly RawRow[], windows: readonly FinalWindow[]): void {
  const found = byGroupAndEnd(windows, 'session')
  const span = { sizeMs: 10_000, hopMs: 1000 }
  for (const expected of windowsOf(rows, span, (row) => String(row['session']))) {
    const id = `${expected.group}|${expected.end}`
    const window = found.get(id)
    found.delete(id)
    assert.ok(window !== undefined, `${id} is missing`)
    const inflation = Math.max(...expected.rows.map(ratioOf))
    assert.deepEqual(window.values, { inflation }, id)
    const { start, complete } = window
    assert.deepEqual({ start, complete }, { start: expected.start, complete: true }, id)
  }
  assert.equal(found.size, 0, 'no window is invented')
}

/** rtt_ms ÷ max(min_rtt_ms, 5), three digits, a half rounded up. */
const ratioOf = (row: RawRow): number =>
  thousandths(Number(row['rtt_ms']) / Math.max(Number(row['min_rtt_ms']), 5)) / 1000

const byGroupAndEnd = (windows: readonly FinalWindow[], name: string) =>
  new Map(windows.map((window) => [`${window.group[name]}|${window.end}`, window]))
