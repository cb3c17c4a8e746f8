import { errorCatalogue } from '../../model/error-catalogue.ts'
import type { BatchProgress } from '../../spark/watch/batch-progress.ts'
import type { SiteFigures } from '../../spark/watch/site-figures.ts'
import type { ReadinessCheck } from '../../serve/serve-context.ts'
import type { SiteEngine } from '../../serve/view/site-engine.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import { setTotal } from '../watch/set-total.ts'

/** What readiness says of the queries that are watched here: ready while each of them runs. */
export function sparkChecks(sites: Iterable<SiteFigures>, now: number): readonly ReadinessCheck[] {
  return Array.from(sites, ({ site, state, trouble }) => {
    const name = `spark ${site}`
    if (trouble !== undefined) {
      const seconds = Math.max(0, Math.round((now - trouble.since) / 1000))
      const detail = `${state} for ${seconds} s: ${trouble.detail}`
      return { name, isOk: false, code: trouble.code, detail }
    }
    return state === 'running' ? { name, isOk: true } : { name, isOk: false, code: 'APP_RESTORING' }
  })
}

/** The message of a code as far as it says the same of each occurrence. */
const FILLED = /: \{\}$/

/** What the wall says of each query; details, which name hosts, are for operators. */
export function sparkEngines(
  sites: ReadonlyMap<string, SiteFigures>,
): ReadonlyMap<string, SiteEngine> {
  const engines = new Map<string, SiteEngine>()
  for (const [site, { state, stateAt, trouble, last }] of sites) {
    const why = trouble && errorCatalogue[trouble.code].message.replace(FILLED, '')
    const says = why ?? (state === 'running' && last ? batchText(last) : undefined)
    const facts = { engine: 'spark', state, since: stateAt } as const
    engines.set(site, says === undefined ? facts : { ...facts, says })
  }
  return engines
}

/** The newest batch in a line: how long it took, how fast that was, what the cluster keeps. */
function batchText(batch: BatchProgress): string {
  const { batchMs, stateRows } = batch
  const many = (count: number): string => count.toLocaleString('en')
  const seconds = (batchMs / 1000).toFixed(1)
  const speed = many(Math.round(rowsPerSecond(batch)))
  return `batch ${seconds} s, ${speed} rows/s, ${many(stateRows)} states`
}

const rowsPerSecond = ({ batchMs, rows }: BatchProgress): number =>
  batchMs > 0 ? (rows * 1000) / batchMs : 0

const STATES = ['offline', 'starting', 'running', 'backoff', 'failed'] as const

/** Brings the figures of the queries into the metrics (R7). */
export function observeSpark(metrics: Metrics, sites: Iterable<SiteFigures>, now: number): void {
  const { spark } = metrics
  // Another process may watch by now: what was seen here last is no figure of today.
  for (const gauge of gaugesOf(spark)) gauge.reset()
  for (const figures of sites) {
    const { site, last, watermarks } = figures
    for (const state of STATES) spark.state.set({ site, state }, state === figures.state ? 1 : 0)
    if (last !== undefined) {
      spark.batchSeconds.set({ site }, last.batchMs / 1000)
      spark.commitSeconds.set({ site }, last.commitMs / 1000)
      spark.rowsPerSecond.set({ site }, rowsPerSecond(last))
      spark.stateRows.set({ site }, last.stateRows)
      spark.stateBytes.set({ site }, last.stateBytes)
    }
    if (watermarks.size > 0) {
      const behindMs = now - Math.min(...watermarks.values())
      spark.watermarkLag.set({ site }, Math.max(0, behindMs) / 1000)
      spark.spread.set({ site }, figures.spreadMs / 1000)
    }
    setTotal(spark.rows, { site, outcome: 'folded' }, figures.rows)
    setTotal(spark.rows, { site, outcome: 'beat' }, figures.beats)
    setTotal(spark.rows, { site, outcome: 'other_rate' }, figures.otherRates)
    setTotal(spark.dropped, { site }, figures.dropped)
    for (const [reason, count] of figures.refused) {
      setTotal(spark.refused, { site, reason }, count)
    }
    for (const [reason, count] of figures.restarts) {
      setTotal(spark.restarts, { site, reason }, count)
    }
  }
}

const gaugesOf = (spark: Metrics['spark']) => [
  ...[spark.state, spark.batchSeconds, spark.commitSeconds, spark.rowsPerSecond],
  ...[spark.stateRows, spark.stateBytes, spark.watermarkLag, spark.spread],
]
