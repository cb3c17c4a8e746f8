import { monotony } from '../../alert/monotone.ts'
import { historyTerms } from '../../alert/history-terms.ts'
import { durationText } from '../../config/quantity.ts'
import { historyPlan, planText, type HistoryPlan } from '../../history/history-plan.ts'
import type { AggregateKind, MonitorSpec, RuleSpec } from '../../model/monitor.ts'
import { readingFields } from '../../model/reading.ts'
import { sliceMsOf } from '../../window/slice.ts'

/** What one monitor costs and when its rules can fire, for people and programs alike. */
export type MonitorReport = {
  readonly monitor: string
  readonly size_ms: number
  readonly hop_ms: number
  readonly lateness_ms: number
  readonly slice_ms: number
  readonly group_by: readonly string[]
  /** Slices of one group that are in memory at once, and the most that their states can take. */
  readonly slices_per_group: number
  readonly bytes_per_group_max: number
  readonly rules: readonly RuleReport[]
  /** What rules ask of the past (H3), and how many queries a second 1,000 groups make at most. */
  readonly history: readonly HistoryReport[]
}

export type HistoryReport = {
  readonly term: string
  readonly tier: HistoryPlan['tier']
  readonly every_ms: number
  readonly rows: number
  readonly queries_per_second: number
  readonly why: string
}

/** Whether a rule fires before its window closes (V3), else why not. */
export type RuleReport = { readonly alert: string; readonly early: boolean; readonly why: string }

/**
 * Most bytes of one state in memory: plain numbers; a quantile's 4,367 possible buckets of 16 bytes
 * (Z9); a distinct count's 4,096 registers (Z10). Measured states are far below both.
 */
const STATE_BYTES_MAX: Readonly<Record<AggregateKind, number>> = {
  count: 8,
  sum: 24,
  min: 16,
  max: 16,
  mean: 32,
  quantile: 4_367 * 16,
  distinct: 4_096,
}
/** Row count, newest event, revision and the slice's place. */
const SLICE_BYTES = 64

const neverNegative = new Set(
  readingFields.filter(({ kind }) => kind === 'D' || kind === 'E').map(({ name }) => name),
)

/** What `nocturne check config` says of a monitor. */
export function monitorReport(monitor: MonitorSpec): MonitorReport {
  const { sizeMs, hopMs, latenessMs, correctionMs } = monitor.window
  const sliceMs = sliceMsOf(monitor.window)
  // The fold keeps what may still be corrected, the evaluator a window more beside it.
  const fold = Math.ceil((sliceMs + latenessMs + correctionMs) / sliceMs)
  const windows = Math.ceil((sizeMs + latenessMs + correctionMs) / sliceMs)
  const states = monitor.aggregates.map(({ kind }) => STATE_BYTES_MAX[kind])
  const slices = fold + windows
  return {
    monitor: monitor.id,
    size_ms: sizeMs,
    hop_ms: hopMs,
    lateness_ms: latenessMs,
    slice_ms: sliceMs,
    group_by: monitor.groupBy,
    slices_per_group: slices,
    bytes_per_group_max: slices * states.reduce((sum, bytes) => sum + bytes, SLICE_BYTES),
    rules: monitor.rules.map((rule) => ruleReport(rule, monitor)),
    history: historyReports(monitor),
  }
}

function ruleReport(rule: RuleSpec, { aggregates }: MonitorSpec): RuleReport {
  const { alert, early } = rule
  if (early) return { alert, early, why: 'it can only become truer as rows are added' }
  if (rule.forMs > 0) return { alert, early, why: 'it must hold first (for)' }
  if (rule.of !== undefined && rule.of.m > 1) {
    return { alert, early, why: 'it needs several windows (of)' }
  }
  const judged = monotony(rule, { aggregates, neverNegative })
  return { alert, early, why: judged.monotone ? 'early is off' : judged.because }
}

function historyReports({ rules, window }: MonitorSpec): readonly HistoryReport[] {
  return Array.from(historyTerms(rules), ([text, term]) => {
    const plan = historyPlan(term, window)
    return {
      term: text,
      tier: plan.tier,
      every_ms: plan.everyMs,
      rows: plan.rowsExpected,
      queries_per_second: (1000 * plan.queries * 1000) / plan.everyMs,
      why: planText(plan),
    }
  })
}

const MIB = 1024 * 1024

const bytesText = (bytes: number): string =>
  bytes >= MIB ? `${(bytes / MIB).toFixed(1)} MiB` : `${Math.ceil(bytes / 1024)} KiB`

/** The report as people read it, one line a rule. */
export function monitorReportText(report: MonitorReport): string {
  const { size_ms, hop_ms, lateness_ms, slice_ms, bytes_per_group_max: bytes } = report
  const every = hop_ms === size_ms ? '' : ` every ${durationText(hop_ms)}`
  const window = `${durationText(size_ms)}${every}, lateness ${durationText(lateness_ms)}`
  const width = Math.max(0, ...report.rules.map(({ alert }) => alert.length))
  return [
    `${report.monitor}: ${window}, slices of ${durationText(slice_ms)}`,
    `  one group by ${report.group_by.join(', ') || 'nothing'}` +
      ` keeps at most ${report.slices_per_group} slices and ${bytesText(bytes)}`,
    ...report.rules.map(({ alert, early, why }) => {
      const when = early ? 'early, before its window closes' : 'when its window closes'
      return `  ${alert.padEnd(width)}  fires ${when}: ${why}`
    }),
    ...report.history.map(
      ({ term, why, queries_per_second: rate }) =>
        `  ${term} is asked ${why}: at most ${Number(rate.toPrecision(2))} queries/s` +
        ' by 1,000 groups',
    ),
  ].join('\n')
}
