import type { LogView } from '../../serve/contract.ts'
import type { ReadinessCheck } from '../../serve/serve-context.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import type { OpenLog } from '../log/opened-log.ts'
import type { SpoolStats } from './spooled-log.ts'

const MEBIBYTE = 1_048_576

const ageMs = ({ oldestAt }: SpoolStats, now: number): number =>
  oldestAt === undefined ? 0 : Math.max(0, now - oldestAt)

/** What readiness says of the spool: rows that wait are no failure, rows that are refused are. */
export function spoolCheck(stats: SpoolStats, now: number): ReadinessCheck {
  const name = 'spool'
  const { rows, bytes, isFull, trouble } = stats
  if (rows === 0 && !isFull) return { name, isOk: true }
  const size = `${(bytes / MEBIBYTE).toFixed(1)} MiB`
  const age = `the oldest for ${Math.round(ageMs(stats, now) / 1000)} s`
  const why = trouble === undefined ? '' : ` (${trouble})`
  const detail = `${rows} rows, ${size}, wait, ${age}${why}`
  return { name, isOk: !isFull, code: isFull ? 'LOG_FULL' : 'LOG_SPOOLING', detail }
}

/** What the wall says of the log. */
export function logView(
  log: Pick<OpenLog, 'checks'>,
  stats: SpoolStats | undefined,
  now: number,
): Omit<LogView, 'store'> {
  const lone = log.checks?.().find(({ code }) => code === 'LOG_ONE_COPY')
  const isQuiet = stats === undefined || (stats.rows === 0 && !stats.isFull)
  return {
    spool: isQuiet
      ? null
      : {
          rows: stats.rows,
          bytes: stats.bytes,
          age_ms: ageMs(stats, now),
          refusing: stats.isFull,
        },
    one_copy: lone === undefined ? null : (lone.detail ?? ''),
  }
}

/** Brings the spool's figures into the metrics (R7). */
export function observeSpool(metrics: Metrics, stats: SpoolStats, now: number): void {
  metrics.spoolRows.set(stats.rows)
  metrics.spoolBytes.set(stats.bytes)
  metrics.spoolAge.set(ageMs(stats, now) / 1000)
  metrics.spoolRefused.reset()
  metrics.spoolRefused.inc(stats.refusedRows)
  for (const [reason, rows] of Object.entries(stats.droppedRows)) {
    metrics.spoolDropped.remove({ reason })
    metrics.spoolDropped.inc({ reason }, rows)
  }
}
